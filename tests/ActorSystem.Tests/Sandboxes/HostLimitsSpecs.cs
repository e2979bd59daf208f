using System.Text.Json.Nodes;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class HostLimitsSpecs
{
    private const long Mib = 1024 * 1024;
    private static readonly Guid s_owner = Guid.NewGuid();
    private static readonly CgroupDefaults s_defaults = new() { MemoryOverheadMib = 100, ThreadsOverhead = 64 };

    [Fact]
    public void Should_limit_nothing_when_nothing_is_asked_for()
    {
        var limits = HostLimits.Of(Record("kvm", "{}"), s_defaults);

        Assert.Equal(new ResourceLimits { GuestMemoryBytes = 256 * Mib }, limits);
    }

    [Fact]
    public void Should_add_up_what_every_container_asks_for()
    {
        var limits = HostLimits.Of(
            Record(
                "kvm",
                """{"cpu": {"shares": 512, "cpus": "0-1", "mems": "0"}, "memory": {"limit": 67108864}, "pids": {"limit": 10}}""",
                """{"cpu": {"shares": 256, "cpus": "3", "mems": "0"}, "memory": {"limit": 134217728}, "pids": {"limit": 20}}"""),
            s_defaults);

        Assert.Equal((768, "0-1,3", "0", 94), (limits.CpuShares, limits.Cpus.ToString(), limits.MemoryNodes.ToString(), limits.Threads));
        Assert.Equal(356 * Mib, limits.MemoryBytes);
    }

    [Fact]
    public void Should_not_limit_what_one_container_leaves_open()
    {
        var limits = HostLimits.Of(
            Record("kvm", """{"cpu": {"shares": 512, "cpus": "0-1"}, "memory": {"limit": 67108864}, "pids": {"limit": 10}}""", """{"memory": {"limit": -1}}"""),
            s_defaults);

        Assert.Equal((1536, "", null, null), (limits.CpuShares, limits.Cpus.ToString(), limits.MemoryBytes, limits.Threads));
    }

    [Fact]
    public void Should_leave_room_for_translated_code_when_qemu_emulates() =>
        Assert.Equal((256 + 100 + 1024) * Mib, HostLimits.Of(Record("tcg", """{"memory": {"limit": 67108864}}"""), s_defaults).MemoryBytes);

    [Fact]
    public void Should_not_count_containers_that_have_stopped_or_are_being_removed()
    {
        var record = Record("kvm", """{"memory": {"limit": 67108864}}""", "{}", "{}")
            .Apply(new ContainerExited { Id = "c1" })
            .Apply(new ContainerDeleteBegun { Id = "c2" });

        Assert.Equal(356 * Mib, HostLimits.Of(record, s_defaults).MemoryBytes);
    }

    [Fact]
    public void Should_restore_every_limit_when_a_container_came_and_went()
    {
        const string first = """{"cpu": {"quota": 5000, "period": 10000, "shares": 512, "cpus": "0"}, "memory": {"limit": 67108864}, "pids": {"limit": 10}}""";
        const string second = """{"cpu": {"quota": 10000, "period": 40000, "shares": 100, "cpus": "1"}, "memory": {"limit": 67108864}, "pids": {"limit": 5}}""";
        var (before, between) = (Record("kvm", first), Record("kvm", first, second));
        var after = between.Apply(new ContainerDeleted { Id = "c1" });

        Assert.Equal(new CpuLimit(7_500, 10_000), CpuLimits.Of(between, UnlimitedContainers.LiftTheLimit));
        Assert.Equal(CpuLimits.Of(before, UnlimitedContainers.LiftTheLimit), CpuLimits.Of(after, UnlimitedContainers.LiftTheLimit));
        var (expected, actual) = (HostLimits.Of(before, s_defaults), HostLimits.Of(after, s_defaults));
        Assert.NotEqual(expected.Cpus, HostLimits.Of(between, s_defaults).Cpus);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(false, "/docker/abc", "kata", null)]
    [InlineData(true, "/docker/abc", "docker", "abc")]
    [InlineData(true, "a-b.slice:cri:c", "a.slice/a-b.slice", "cri-c.scope")]
    [InlineData(true, null, "kata", null)]
    public void Should_follow_the_specs_path_only_when_told(bool follow, string? path, string parent, string? name)
    {
        var (spec, _) = Specs.Make(json => json["linux"]!["cgroupsPath"] = path);

        var placement = new CgroupDefaults { ParentFromSpec = follow, OverheadParent = "over", SandboxOnly = true }.Place(spec, s_owner);

        Assert.Equal(new CgroupPlacement(parent, "over", SandboxOnly: true) { Name = name, Owner = s_owner }, placement);
    }

    [Fact]
    public void Should_know_from_the_journal_where_the_groups_are()
    {
        var begun = new SandboxCreateBegun { Id = "s", Uuid = Guid.NewGuid().ToString(), Cgroups = new CgroupRecord { Parent = "p", Overhead = "o", SandboxOnly = true } };

        Assert.Equal(new CgroupPlacement("p", "o", SandboxOnly: true), SandboxRecord.Empty.Apply(begun).Cgroups);
        (begun.Cgroups.Name, begun.Cgroups.Owner) = ("c", s_owner.ToString());
        Assert.Equal(new CgroupPlacement("p", "o", SandboxOnly: true) { Name = "c", Owner = s_owner }, SandboxRecord.Empty.Apply(begun).Cgroups);
        begun.Cgroups = null;
        Assert.Equal(CgroupPlacement.Default, SandboxRecord.Empty.Apply(begun).Cgroups);
    }

    // Containers s, c1, c2 ... with these resources.
    private static SandboxRecord Record(string accelerator, params string[] resources)
    {
        var record = SandboxRecord.Empty
            .Apply(new SandboxCreateBegun { Root = "/r", Id = "s", HostName = "s", Uuid = Guid.NewGuid().ToString(), BootId = "boot", MemoryMib = 256 })
            .Apply(new VmLaunched { Vmm = new ProcessRecord { Pid = 7, StartTime = 70 }, Accelerator = accelerator });
        foreach (var (text, index) in resources.Select((text, index) => (text, index)))
        {
            var (_, bytes) = Specs.Make(json => json["linux"]!["resources"] = JsonNode.Parse(text));
            var id = index == 0 ? "s" : $"c{index}";
            record = record
                .Apply(new ContainerCreateBegun { Id = id, Spec = ByteString.CopyFrom(bytes), Bundle = "/b", StandIn = new ProcessRecord(), CreatedUnixNs = index * 1_000_000 })
                .Apply(new ContainerCreated { Id = id });
        }

        return record;
    }
}

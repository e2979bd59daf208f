using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class RestatementSpecs
{
    private static readonly VmLaunched s_launched = new() { Vmm = new ProcessRecord { Pid = 7, StartTime = 70 }, Source = "pool", Accelerator = "tcg", Uuid = "99999999-2222-3333-4444-555555555555" };

    private static readonly IMessage[] s_created =
    [
        Begun(), Container("s"), new VmAssigned { Uuid = s_launched.Uuid }, s_launched,
        new ContainerCreated { Id = "s", Steps = { new StepRecord { Step = "boot", StartUs = 3, DurationUs = 300 } } },
    ];

    private static readonly Dictionary<string, IMessage[]> s_histories = new()
    {
        ["begun"] = [Begun(), Container("s")],
        ["assigned"] = [Begun(), Container("s"), new VmAssigned { Uuid = s_launched.Uuid }],
        ["cold after a pool VM"] = [Begun(), Container("s"), new VmAssigned { Uuid = s_launched.Uuid }, new VmLaunched { Vmm = s_launched.Vmm, Source = "cold", Accelerator = "kvm" }],
        ["connected in part"] = [Begun(), Container("s"), s_launched, new ContainerCreated { Id = "s" }, new NetworkBegun { Namespace = 4026531840, HoldsStart = true }],
        ["connected"] = [Begun(), Container("s"), new NetworkBegun { Namespace = 4026531840, Interfaces = { 2, 5 } }, s_launched],
        ["created"] = s_created,
        ["being started"] = [.. s_created, new ContainerStartBegun { Id = "s" }],
        ["not started"] = [.. s_created, new ContainerStartBegun { Id = "s" }, new ContainerStartFailed { Id = "s", Reason = "why" }],
        ["running"] = [.. s_created, new ContainerStarted { Id = "s" }],
        ["exited"] = [.. s_created, new ContainerStarted { Id = "s" }, new ContainerExited { Id = "s", ExitCode = 3, Reason = "why", ExitedUnixNs = 9 }],
        ["with added processes"] =
        [
            .. s_created, new ContainerStarted { Id = "s" }, Exec("e1"), Exec("e2"), new ExecStarted { Container = "s", Id = "e2" }, Exec("e3"),
            new ExecStarted { Container = "s", Id = "e3" }, new ExecExited { Container = "s", Id = "e3", ExitCode = 3, Reason = "why" },
        ],
        ["after added processes"] =
        [
            .. s_created, new ContainerStarted { Id = "s" }, Exec("e1"), new ExecStarted { Container = "s", Id = "e1" },
            new ExecExited { Container = "s", Id = "e1" }, new ExecRemoved { Container = "s", Id = "e1" },
        ],
        ["a pod"] = [.. s_created, new ContainerStarted { Id = "s" }, Container("a", 30), Container("b", 20), new ContainerCreated { Id = "b" }, new ContainerDeleteBegun { Id = "b" }],
        ["updated"] = [.. s_created, Limits(40_000), new ContainerUpdated { Id = "s" }],
        ["being updated"] = [.. s_created, Limits(40_000), new ContainerUpdated { Id = "s" }, Limits(30_000)],
        ["being updated for the first time"] = [.. s_created, Limits(30_000)],
        ["paused"] = [.. s_created, new ContainerStarted { Id = "s" }, new ContainerPauseBegun { Id = "s" }, new ContainerPaused { Id = "s" }],
        ["paused before its start"] = [.. s_created, new ContainerPauseBegun { Id = "s" }, new ContainerPaused { Id = "s" }],
        ["being paused"] = [.. s_created, new ContainerStarted { Id = "s" }, new ContainerPauseBegun { Id = "s" }],
        ["being resumed"] = [.. s_created, new ContainerStarted { Id = "s" }, new ContainerPaused { Id = "s" }, new ContainerResumeBegun { Id = "s" }],
        ["resumed"] = [.. s_created, new ContainerStarted { Id = "s" }, new ContainerPaused { Id = "s" }, new ContainerResumed { Id = "s" }],
        ["killed while paused"] = [.. s_created, new ContainerStarted { Id = "s" }, new ContainerPaused { Id = "s" }, new ContainerExited { Id = "s", ExitCode = 137 }],
        ["not updated"] = [.. s_created, Limits(30_000), new ContainerUpdateFailed { Id = "s" }],
        ["vm ended"] = [.. s_created, new ContainerExited { Id = "s", ExitCode = 137, Reason = "gone" }, new VmStopped { Reason = "gone" }],
        ["being deleted"] = [.. s_created, new SandboxDeleteBegun { Reason = "asked" }, new VmStopped()],
        ["being deleted unmade"] = [Begun(), Container("s"), new SandboxDeleteBegun { Reason = "it was interrupted" }],
    };

    public static TheoryData<string> Names => [.. s_histories.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_lead_to_the_same_record_from_nothing_after_any_history_and_twice(string name)
    {
        var record = SandboxRecordSpecs.After(s_histories[name]);
        IMessage[] restated = [.. Restatement.Of(record)];

        Assert.Equal(Describe(record), Describe(SandboxRecordSpecs.After(restated)));
        Assert.All(s_histories.Values, history => Assert.Equal(Describe(record), Describe(SandboxRecordSpecs.After([.. history, .. restated]))));
        Assert.Equal(Describe(record), Describe(SandboxRecordSpecs.After([.. restated, .. restated])));
        Assert.Equal(Describe(record), Describe(SandboxRecordSpecs.After([.. Restatement.Of(SandboxRecordSpecs.After(restated))])));
    }

    [Fact]
    public void Should_keep_what_the_journal_alone_knows()
    {
        var record = SandboxRecordSpecs.After(s_created);
        var journaled = SandboxRecordSpecs.After(
            [.. s_created, Container("c", 40), Container("d", 50), new ContainerCreated { Id = "d" }, new ContainerStarted { Id = "d" }, Container("e"), new SandboxDeleteBegun { Reason = "asked" }]);

        var restated = SandboxRecordSpecs.After([.. Restatement.Of(record, journaled, new HashSet<string> { "e" })]);

        Assert.Equal(["c", "d", "s"], restated.Containers.Keys.Order());
        Assert.Equal((ContainerStatus.Creating, ContainerStatus.Running), (restated.Containers["c"].Status, restated.Containers["d"].Status));
        Assert.Equal((true, "asked"), (restated.Deleting, restated.Reason));
    }

    private static SandboxCreateBegun Begun()
    {
        var begun = SandboxRecordSpecs.Begun();
        (begun.Vcpus, begun.MemoryMib, begun.CreatedUnixNs) = (2, 256, 500);
        begun.Cgroups = new CgroupRecord { Parent = "pods/x", Overhead = "over", SandboxOnly = true, Name = "n", Owner = begun.Uuid };
        return begun;
    }

    private static ContainerCreateBegun Container(string id, long created = 10) => new()
    {
        Id = id,
        Spec = ByteString.CopyFrom(Specs.Make(Specs.Cpu(50_000, 100_000)).Bytes),
        Bundle = "/b",
        StandIn = new ProcessRecord { Pid = 8, StartTime = 80 },
        OwnerUid = 9,
        CreatedUnixNs = created * 100,
        RequestId = ByteString.CopyFrom(1, 2),
    };

    private static ExecBegun Exec(string id) => new()
    {
        Container = "s",
        Id = id,
        StandIn = new ProcessRecord { Pid = 9, StartTime = 90 },
        Process = ByteString.CopyFrom(3, 4),
    };

    private static ContainerUpdateBegun Limits(long quota) => new() { Id = "s", Resources = ByteString.CopyFromUtf8($$$"""{"cpu":{"quota":{{{quota}}},"period":100000}}""") };

    private static string Describe(SandboxRecord record) => string.Join('\n',
    [
        $"{record} {string.Join(' ', record.NetworkInterfaces)}",
        .. record.Containers.Values.OrderBy(container => container.Key.Id).Select(container =>
            $"{container.ToSnapshot("s")} {container.Deleting} {Quota(container.Spec.Linux?.Resources)} {container.Update is not null} {Quota(container.Update?.Before)} "
            + $"{container.StandIn} {string.Join(' ', container.Timings)} {container.SpecBytes.ToBase64()} "
            + string.Join(' ', container.Execs.Values.OrderBy(exec => exec.Id))),
    ]);

    private static string Quota(Oci.ResourcesSpec? resources) => $"{resources?.Cpu?.Quota}";
}

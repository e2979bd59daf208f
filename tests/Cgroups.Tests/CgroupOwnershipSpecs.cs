using KataActors.Linux;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>Groups of the same name made by another owner, in both versions.</summary>
public sealed class CgroupOwnershipSpecs : FakeMachine
{
    private const string Group = "/cg/pods/c";

    public static TheoryData<bool> Versions => new(false, true);

    [Theory]
    [MemberData(nameof(Versions))]
    public void Should_refuse_name_and_keep_a_group_that_somebody_else_made(bool unified)
    {
        Start(unified);
        Files.MakeDirectory("/cg/pods");
        Files.MakeDirectory(Group);

        var failure = Refused();

        Assert.Equal(
            (FailureCode.FailedPrecondition, $"cgroup \"{Group}\" exists already and was not made for this sandbox: it is neither used nor removed"),
            (failure.Code, failure.Message));
        Destroy();
        Assert.Equal(("", 0), (Text($"{Group}/cgroup.procs"), Files.Subdirectories(Group).Count));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Should_refuse_and_keep_the_group_of_another_sandbox_and_what_would_lie_in_it(bool unified)
    {
        Start(unified);
        Apply();
        var mine = Settings.Placement;

        foreach (var other in new[] { mine with { Owner = Guid.NewGuid() }, new CgroupPlacement("pods/c", "", SandboxOnly: false) { Name = "inner", Owner = Guid.NewGuid() } })
        {
            Settings = Settings with { Placement = other };
            Assert.Contains($"\"{Group}", Refused().Message, StringComparison.Ordinal);
            Destroy();
        }

        Settings = Settings with { Placement = mine };
        Assert.Equal([11, 12], Apply().VcpuTids.Order());
        Destroy();
        Assert.Empty(Files.Subdirectories("/cg/pods"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Should_know_its_group_again_when_the_daemon_ended_before_it_was_marked(bool unified, bool applies)
    {
        Start(unified);
        EndBeforeTheMark();

        if (applies)
        {
            Assert.Equal([11, 12], Apply().VcpuTids.Order());
        }

        Destroy();
        Assert.Empty(Files.Subdirectories("/cg/pods"));
        Assert.Null(Files.ReadMark("/cg/pods", $"trusted.kata-actors.making.{Settings.Placement.Owner:N}"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Should_not_take_a_group_for_unfinished_work_when_something_is_in_it(bool unified)
    {
        Start(unified);
        EndBeforeTheMark();
        Files.Processes[77] = [77];
        Files.Write($"{Group}/cgroup.procs", "77");

        Refused();
        Destroy();

        Assert.Equal("77", Text($"{Group}/cgroup.procs"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Should_remove_what_a_version_without_marks_made(bool unified)
    {
        Start(unified);
        Settings = Settings with { Placement = Settings.Placement with { Owner = Guid.Empty } };
        Apply();

        Destroy();

        Assert.Empty(Files.Subdirectories("/cg/pods"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Should_remove_an_unmarked_group_and_keep_a_marked_one_when_nothing_but_the_name_is_known(bool unified)
    {
        Start(unified);
        var known = Settings.Placement;
        Settings = Settings with { Placement = known with { Owner = Guid.Empty } };
        Apply();
        Settings = Settings with { Placement = known };
        Destroy();
        Assert.Equal([Group], Files.Subdirectories("/cg/pods"));

        Ask<CgroupProtocol.Destroyed>(new CgroupProtocol.Destroy { UnmarkedToo = true });

        Assert.Empty(Files.Subdirectories("/cg/pods"));
        Settings = Settings with { Placement = known with { Owner = Guid.NewGuid() } };
        Apply();
        Settings = Settings with { Placement = known };
        Ask<CgroupProtocol.Destroyed>(new CgroupProtocol.Destroy { UnmarkedToo = true });
        Assert.Equal([Group], Files.Subdirectories("/cg/pods"));
    }

    private void Start(bool unified)
    {
        if (unified)
        {
            Files.Unmount().MountV2("/cg", "cpu", "memory");
        }

        Settings = Settings with { Placement = new CgroupPlacement("pods", "", SandboxOnly: false) { Name = "c", Owner = Guid.NewGuid() } };
    }

    private void EndBeforeTheMark()
    {
        Files.Fault = call => call.StartsWith($"mark {Group} ", StringComparison.Ordinal) ? Errno.ENOMEM : null;
        Refused();
        Files.Fault = _ => null;
        Assert.True(Files.Subdirectories("/cg/pods") is [Group]);
    }
}

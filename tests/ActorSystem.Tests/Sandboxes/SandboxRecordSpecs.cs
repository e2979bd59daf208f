using Google.Protobuf;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class SandboxRecordSpecs
{
    private static readonly Guid s_uuid = Guid.Parse("11111111-2222-3333-4444-555555555555");

    [Fact]
    public void Should_be_being_created_until_its_first_container_is()
    {
        var record = After(Begun(), ContainerBegun("s"));
        Assert.True(record.IsBeingCreated);
        Assert.Equal(SandboxStatus.Creating, record.Status);

        record = record.Apply(new ContainerCreated { Id = "s" });
        Assert.False(record.IsBeingCreated);
        Assert.Equal(SandboxStatus.Ready, record.Status);
    }

    [Fact]
    public void Should_run_when_a_container_runs_and_know_its_vmm()
    {
        var record = After(Begun(), ContainerBegun("s"), Launched(), new ContainerCreated { Id = "s" }, new ContainerStarted { Id = "s" });
        Assert.Equal(SandboxStatus.Running, record.Status);
        Assert.Equal(new ProcessIdentity(7, 70, record.BootId), record.Vmm);
        Assert.Equal(record.BootId, record.Containers["s"].StandIn.Boot);
        Assert.NotEmpty(record.BootId);
        Assert.Equal("cold", record.VmSource);
        Assert.Equal(7, record.ToSnapshot().VmmPid);
    }

    [Fact]
    public void Should_keep_the_exit_and_hide_the_pid_of_a_stopped_container()
    {
        var record = After(
            Begun(), ContainerBegun("s"), new ContainerCreated { Id = "s" }, new ContainerExited { Id = "s", ExitCode = 3, Reason = "why" });
        var snapshot = record.Containers["s"].ToSnapshot("s");
        Assert.Equal((ContainerStatus.Stopped, 0, 3, "why"), (snapshot.Status, snapshot.StandInPid, snapshot.ExitCode, snapshot.Reason));
    }

    [Fact]
    public void Should_be_stopped_with_the_reason_when_the_vm_ended()
    {
        var record = After(Begun(), ContainerBegun("s"), Launched(), new ContainerCreated { Id = "s" }, new VmStopped { Reason = "killed" });
        Assert.Equal(SandboxStatus.Stopped, record.Status);
        Assert.Null(record.Vmm);
        Assert.Equal("killed", record.Reason);
    }

    [Fact]
    public void Should_forget_containers_that_failed_or_were_deleted()
    {
        var record = After(
            Begun(), ContainerBegun("s"), new ContainerCreated { Id = "s" }, ContainerBegun("c"), new ContainerCreateFailed { Id = "c" });
        Assert.Equal(["s"], record.Containers.Keys);
        Assert.Empty(record.Apply(new ContainerDeleted { Id = "s" }).Containers);
    }

    [Fact]
    public void Should_pass_over_an_event_of_a_container_that_is_gone()
    {
        var record = After(Begun(), ContainerBegun("s"));
        Assert.Same(record, record.Apply(new ContainerExited { Id = "other" }));
    }

    [Fact]
    public void Should_refuse_an_event_that_is_not_its_own() =>
        Assert.Throws<ArgumentException>(() => SandboxRecord.Empty.Apply(new SandboxAdmitted()));

    internal static SandboxRecord After(params IMessage[] events) => events.Aggregate(SandboxRecord.Empty, (record, e) => record.Apply(e));

    internal static SandboxCreateBegun Begun() => new() { Root = "/r", Id = "s", HostName = "s", Uuid = s_uuid.ToString(), BootId = "boot" };

    private static VmLaunched Launched() => new() { Vmm = new ProcessRecord { Pid = 7, StartTime = 70 }, Source = "cold", Accelerator = "tcg" };

    internal static ContainerCreateBegun ContainerBegun(string id) => new()
    {
        Id = id,
        Bundle = "/b",
        Spec = ByteString.CopyFrom(Specs.Make().Bytes),
        StandIn = new ProcessRecord { Pid = 9, StartTime = 90 },
    };
}

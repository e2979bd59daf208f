using Akka.Actor;
using Akka.Hosting;
using Akka.Hosting.TestKit;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor on a file system in memory.</summary>
public sealed class CgroupActorSpecs : TestKit
{
    private static readonly ProcessIdentity s_vmm = ProcessIdentity.TryRead(Environment.ProcessId)!.Value;
    private readonly FakeCgroupFileSystem _files = new() { VmmThreads = () => [10, 11, 12] };
    private readonly CgroupSettings _settings = new() { Deadline = Deadline.Span, MaxWaiting = 2 };

    [Fact]
    public void Should_make_limit_and_fill_the_groups_in_that_order()
    {
        var applied = Apply(Actor(), new CpuLimit(7_500, 10_000), 11, 12);

        Assert.Equal(["/cg/kata/x", "/cg/kata/x/vcpu"], applied.Paths);
        Assert.Equal(new CpuLimit(7_500, 10_000), applied.Limit);
        Assert.Equal([11, 12], applied.VcpuTids);
        Assert.Equal(
            [
                "mkdir /cg/kata", "mkdir /cg/kata/x", "mkdir /cg/kata/x/vcpu",
                "write /cg/kata/x/vcpu/cpu.cfs_quota_us 7500", "write /cg/kata/x/vcpu/cpu.cfs_period_us 10000",
                $"write /cg/kata/x/cgroup.procs {s_vmm.Pid}", "write /cg/kata/x/vcpu/tasks 11", "write /cg/kata/x/vcpu/tasks 12",
            ],
            _files.Log);
    }

    [Fact]
    public void Should_change_nothing_when_a_fresh_actor_applies_the_same_again()
    {
        Apply(Actor(), new CpuLimit(7_500, 10_000), 11, 12);
        var before = _files.Log.Count;

        var applied = Apply(Actor(), new CpuLimit(7_500, 10_000), 11, 12);

        Assert.Equal([11, 12], applied.VcpuTids);
        Assert.All(_files.Log.Skip(before), entry => Assert.StartsWith("mkdir", entry));
    }

    [Fact]
    public void Should_lift_the_limit_when_there_is_none_any_more()
    {
        var actor = Actor();
        Apply(actor, new CpuLimit(7_500, 10_000), 11);

        Assert.Null(Apply(actor, null, 11).Limit);

        Assert.Equal("-1\n", _files.Read("/cg/kata/x/vcpu/cpu.cfs_quota_us"));
    }

    [Fact]
    public void Should_report_the_limit_that_was_really_set_when_the_guest_needs_more() =>
        Assert.Equal(new CpuLimit(5_000, 100_000), Apply(Actor(), new CpuLimit(10, 100_000), 11).Limit);

    [Fact]
    public void Should_place_threads_that_appear_meanwhile_and_move_back_what_is_no_vcpu()
    {
        var actor = Actor();
        Apply(actor, null, 11, 12);
        var pass = 0;
        _files.VmmThreads = () => pass++ == 0 ? [10, 11, 12] : [10, 11, 12, 13, 14];

        var applied = Apply(actor, null, 11, 14);

        Assert.Equal([11, 14], applied.VcpuTids);
        Assert.Equal("10\n12\n13\n", _files.Read("/cg/kata/x/tasks"));
    }

    [Fact]
    public void Should_pass_over_threads_that_just_died_and_tids_that_are_not_the_vmms()
    {
        _files.Fault = call => call.EndsWith("tasks 12", StringComparison.Ordinal) ? Errno.ESRCH : null;

        Assert.Equal([11], Apply(Actor(), null, 11, 12, 4711).VcpuTids);

        Assert.DoesNotContain(_files.Log, entry => entry.EndsWith("4711", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_fail_when_the_vmm_is_gone()
    {
        var command = new CgroupProtocol.Apply(s_vmm with { StartTime = 1 }, [11], null);

        Assert.Equal((FailureCode.NotFound, $"vmm process {s_vmm.Pid} is gone"), Failure(Actor(), command));
    }

    [Fact]
    public void Should_fail_when_threads_never_stop_appearing()
    {
        var next = 100;
        _files.VmmThreads = () => [next++];

        Assert.Equal(FailureCode.DeadlineExceeded, Failure(Actor(), new CgroupProtocol.Apply(s_vmm, [], null)).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Should_refuse_a_thread_id_that_means_something_else_to_the_kernel(int tid)
    {
        Assert.Equal((FailureCode.InvalidArgument, $"thread id {tid} is not positive"), Failure(Actor(), new CgroupProtocol.Apply(s_vmm, [11, tid], null)));

        Assert.Empty(_files.Log);
    }

    [Fact]
    public void Should_explain_when_a_group_above_allows_less()
    {
        _files.Fault = call => call.Contains("cfs_quota") ? Errno.EINVAL : null;

        var (code, message) = Failure(Actor(), new CgroupProtocol.Apply(s_vmm, [11], new CpuLimit(7_500, 10_000)));

        Assert.Equal(FailureCode.FailedPrecondition, code);
        Assert.StartsWith("cpu limit 7500/10000 of \"/cg/kata/x/vcpu\" is refused; a group above it may allow less", message);
    }

    [Fact]
    public void Should_name_call_and_path_when_the_kernel_refuses()
    {
        _files.Fault = call => call == "mkdir /cg/kata/x" ? Errno.ENOSPC : null;

        Assert.Equal((FailureCode.Internal, "mkdir \"/cg/kata/x\": no space left on device"), Failure(Actor(), new CgroupProtocol.Apply(s_vmm, [], null)));
    }

    [Fact]
    public void Should_say_that_the_hierarchy_is_not_mounted()
    {
        _files.Unmount();
        var expected = (FailureCode.Unimplemented, "no cgroup hierarchy with the controller \"cpu\" is mounted");

        Assert.Equal(expected, Failure(Actor(), new CgroupProtocol.Apply(s_vmm, [11], null)));
        Assert.Equal(expected, Failure(Actor(), new CgroupProtocol.Destroy()));
        Assert.Equal(expected, Failure(Actor(), new CgroupProtocol.GetStatus()));
    }

    [Fact]
    public void Should_empty_and_remove_all_but_the_common_parent()
    {
        var actor = Actor();
        Apply(actor, null, 11, 12);
        _files.MakeDirectory("/cg/kata/x/foreign");
        _files.Write("/cg/kata/x/foreign/tasks", "99");

        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());

        Assert.Equal(["/cg/kata"], _files.Subdirectories("/cg"));
        Assert.Empty(_files.Subdirectories("/cg/kata"));
        Assert.Equal(["10", "11", "12", "99"], _files.Read("/cg/kata/tasks").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public void Should_be_destroyed_when_there_is_nothing()
    {
        var actor = Actor();

        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());
        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());
    }

    [Fact]
    public void Should_try_again_when_a_group_is_still_busy()
    {
        var actor = Actor();
        Apply(actor, null, 11);
        var refusals = 0;
        _files.Fault = call => call == "rmdir /cg/kata/x/vcpu" && refusals++ < 3 ? Errno.EBUSY : null;

        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());

        Assert.Empty(_files.Subdirectories("/cg/kata"));
        Assert.Equal(4, _files.Log.Count(entry => entry == "rmdir /cg/kata/x/vcpu"));
    }

    [Fact]
    public void Should_not_report_success_while_a_directory_remains_and_succeed_later()
    {
        var actor = Actor(_settings with { Deadline = TimeSpan.FromSeconds(1) });
        Apply(actor, null, 11);
        _files.Fault = call => call == "rmdir /cg/kata/x" ? Errno.EBUSY : null;

        Assert.Equal((FailureCode.DeadlineExceeded, "rmdir \"/cg/kata/x\": device or resource busy"), Failure(actor, new CgroupProtocol.Destroy()));

        _files.Fault = _ => null;
        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());
        Assert.Empty(_files.Subdirectories("/cg/kata"));
    }

    [Fact]
    public void Should_never_make_groups_again_once_destroyed()
    {
        var actor = Actor();
        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());

        Assert.Equal((FailureCode.FailedPrecondition, "the cgroups of \"x\" are destroyed"), Failure(actor, new CgroupProtocol.Apply(s_vmm, [11], null)));

        Assert.Empty(_files.Subdirectories("/cg"));
    }

    [Fact]
    public void Should_change_nothing_when_asked_for_the_status()
    {
        var status = Ask<CgroupProtocol.Status>(Actor(), new CgroupProtocol.GetStatus());

        Assert.Equal((0, 0, null), (status.Paths.Length, status.VcpuTids.Length, status.Limit));
        Assert.Empty(_files.Log);
    }

    [Fact]
    public void Should_carry_commands_out_in_order_and_refuse_more_than_may_wait()
    {
        using var go = new ManualResetEventSlim();
        _files.VmmThreads = () =>
        {
            go.Wait(Deadline.Span);
            return [11];
        };
        var actor = Actor();
        object[] commands = [new CgroupProtocol.Apply(s_vmm, [11], null), new CgroupProtocol.Destroy(), new CgroupProtocol.Apply(s_vmm, [11], null), new CgroupProtocol.GetStatus()];

        foreach (var command in commands)
        {
            actor.Tell(command, TestActor);
        }

        var refused = ExpectMsg<CgroupFailure>(Deadline.Span);
        Assert.Equal((commands[3], FailureCode.ResourceExhausted), (refused.Command, refused.Failure.Code));
        go.Set();
        ExpectMsg<CgroupProtocol.Applied>(Deadline.Span);
        ExpectMsg<CgroupProtocol.Destroyed>(Deadline.Span);
        Assert.Equal(commands[2], ExpectMsg<CgroupFailure>(Deadline.Span).Command);
    }

    [Fact]
    public void Should_hand_an_unknown_exception_to_its_supervisor()
    {
        _files.VmmThreads = () => throw new InvalidDataException("unexpected");
        // Below a parent that stops failing children, as the sandbox does.
        var actor = ChildActorOf(CgroupActor.Props(_settings, "x", _files), SupervisorStrategy.StoppingStrategy, Deadline.Token);
        Watch(actor);

        actor.Tell(new CgroupProtocol.Apply(s_vmm, [11], null));

        ExpectTerminated(actor, Deadline.Span);
    }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.test.single-expect-default = 60s", HoconAddMode.Prepend);

    private IActorRef Actor(CgroupSettings? settings = null) => Sys.ActorOf(CgroupActor.Props(settings ?? _settings, "x", _files));

    private T Ask<T>(IActorRef actor, object command)
    {
        actor.Tell(command, TestActor);
        return ExpectMsg<T>(Deadline.Span);
    }

    private CgroupProtocol.Applied Apply(IActorRef actor, CpuLimit? limit, params int[] vcpuTids) =>
        Ask<CgroupProtocol.Applied>(actor, new CgroupProtocol.Apply(s_vmm, [.. vcpuTids], limit));

    private (FailureCode Code, string Message) Failure(IActorRef actor, CgroupProtocol.ICommand command)
    {
        var failure = Ask<CgroupFailure>(actor, command);
        Assert.Equal(command, failure.Command);
        return (failure.Failure.Code, failure.Failure.Message);
    }
}

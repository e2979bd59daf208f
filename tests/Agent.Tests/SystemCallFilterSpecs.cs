using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>A container's filter of system calls, as its processes meet it in a real guest.</summary>
public sealed class SystemCallFilterSpecs(GuestFixture guest)
{
    private const uint Allow = 0x7fff_0000;
    private const uint Errno = 0x0005_0000;
    private const uint KillProcess = 0x8000_0000;
    private const string State = "grep 'Seccomp:\\|NoNewPrivs\\|CapEff\\|CapAmb' /proc/self/status";

    [Theory]
    [InlineData(false, 0u)]
    [InlineData(false, 1000u)]
    [InlineData(true, 0u)]
    [InlineData(true, 1000u)]
    public async Task Should_deny_a_call_with_its_error_number_whatever_the_user_and_privileges_are(bool noNewPrivileges, uint user)
    {
        var container = await guest.ContainerAsync("sh", "-c", $"mkdir /tmp/x; {State}");
        container.Spec.Process.User = new User { UID = user };
        container.Spec.Process.NoNewPrivileges = noNewPrivileges;
        container.Spec.Process.Capabilities.Inheritable.Add("CAP_KILL");
        container.Spec.Process.Capabilities.Ambient.Add("CAP_KILL");
        container.Spec.Process.Filter = Deny(95, "mkdir", "mkdirat");

        var (_, output, error) = await container.RunAsync();

        // The capabilities are what they are without a filter.
        var effective = (user, noNewPrivileges) switch { (0, _) => "00000000000404eb", _ => "0000000000000020" };
        Assert.Equal(
            [$"CapEff:\t{effective}", "CapAmb:\t0000000000000020", $"NoNewPrivs:\t{(noNewPrivileges ? 1 : 0)}", "Seccomp:\t2"],
            output.Split('\n'));
        Assert.Contains("Operation not supported", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_need_nothing_after_the_filter_but_what_executing_the_program_needs()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.NoNewPrivileges = true;
        container.Spec.Process.User = new User { UID = 1000, GID = 1000, AdditionalGids = { 7 } };
        container.Spec.Process.Filter = Deny(1, "setgroups", "setresuid", "setresgid", "capset", "prctl", "chdir", "umask", "fchown", "prlimit64", "setrlimit", "seccomp", "openat2");

        Assert.Equal((0, "", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_hold_for_added_processes_whatever_their_request_says()
    {
        var container = await guest.ContainerAsync("sleep", "1000");
        container.Spec.Process.Filter = Deny(95, "mkdir", "mkdirat");
        await container.BeginAsync();
        var exec = container.Exec("e", "sh", "-c", "mkdir /tmp/x; grep Seccomp: /proc/self/status");
        exec.Process.Filter = null;

        var run = await exec.RunAsync();

        Assert.Equal("Seccomp:\t2", run.Output);
        Assert.Contains("Operation not supported", run.Error, StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_report_a_program_that_the_filter_keeps_from_being_executed()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Filter = Deny(1, "execve");
        await container.CreateAsync();

        var failure = await Assert.ThrowsAsync<TtrpcException>(container.StartAsync);

        Assert.Contains("operation not permitted", failure.Message, StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData("capset", "capset \"capabilities\": operation not permitted")]
    [InlineData("prctl", "prctl \"PR_CAP_AMBIENT_CLEAR_ALL\": operation not permitted")]
    public async Task Should_say_which_call_a_filter_has_to_allow_where_it_comes_before_the_capabilities(string call, string expected)
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Filter = Deny(1, call);
        await container.CreateAsync();

        var failure = await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, container.StartAsync);

        Assert.Equal($"{expected}: without noNewPrivileges, linux.seccomp has to allow {call}", failure.Message);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_end_with_the_signal_of_a_filter_that_kills_before_the_program()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Filter = Filter(KillProcess, "capset");

        Assert.Equal((128 + 31, "", ""), await container.RunAsync());
    }

    [Theory]
    [InlineData(0, 0u, "has 0 bytes")]
    [InlineData(12, 0u, "has 12 bytes")]
    [InlineData(8 * 4097, 0u, "has 32776 bytes")]
    [InlineData(8, 8u, "flags 8")]
    public async Task Should_refuse_a_filter_that_is_none(int bytes, uint flags, string expected)
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Filter = new SystemCallFilter { Program = ByteString.CopyFrom(new byte[bytes]), Flags = flags };

        var failure = await Assert.ThrowsAsync<TtrpcException>(container.CreateAsync);

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_report_a_filter_that_the_kernel_refuses()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Filter = new SystemCallFilter { Program = ByteString.CopyFrom(new byte[8]) };
        await container.CreateAsync();

        var failure = await Assert.ThrowsAsync<TtrpcException>(container.StartAsync);

        Assert.Contains("seccomp \"filter of system calls\": invalid argument", failure.Message, StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    private static SystemCallFilter Deny(uint errno, params string[] calls) => Filter(Errno | errno, calls);

    private static SystemCallFilter Filter(uint action, params string[] calls)
    {
        using var rules = new SystemCallRules(Allow);
        foreach (var call in calls)
        {
            rules.Add(action, SystemCallRules.Number(call)!.Value);
        }

        return new SystemCallFilter { Program = ByteString.CopyFrom(rules.Compile()), Flags = 4 };
    }
}

using System.Diagnostics;
using System.Globalization;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class ProgramRunSpecs
{
    private static readonly TimeSpan s_ample = TimeSpan.FromSeconds(30);

    [Fact]
    public void Should_give_the_input_and_return_exit_and_output()
    {
        var outcome = Run("cat; echo to stderr >&2; exit 3", s_ample, "the input\n");
        Assert.Equal(new ProgramOutcome(new ProcessExit(3, null), false, "the input\nto stderr"), outcome);
    }

    [Fact]
    public void Should_give_exactly_the_environment_and_the_arguments()
    {
        var request = new SpawnRequest { Path = "/bin/sh", Arguments = ["zero", "-c", "echo $0 $1; exec /usr/bin/env", "zero", "one"], Environment = ["A=b"], WorkingDirectory = "/" };
        Assert.Equal(["zero one", "A=b", "PWD=/"], ProgramRun.Run(request, [], s_ample).Output.Split('\n'));
    }

    [Fact]
    public void Should_keep_the_end_of_an_endless_output()
    {
        var outcome = Run("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo the end", s_ample);
        Assert.Equal(0, outcome.Exit!.Value.Code);
        Assert.EndsWith("xxx\nthe end", outcome.Output);
        Assert.InRange(outcome.Output.Length, 4000, 4096);
    }

    [Fact]
    public void Should_kill_the_whole_group_at_the_limit()
    {
        var outcome = Run("echo begun; sleep 100 & echo $!; wait", TimeSpan.FromMilliseconds(300));

        Assert.Null(outcome.Exit);
        Assert.False(outcome.WasStopped);
        Assert.StartsWith("begun\n", outcome.Output);
        AssertGone(outcome);
    }

    [Fact]
    public void Should_kill_a_program_at_the_limit_that_writes_without_end() => Assert.Null(Run("yes", TimeSpan.FromMilliseconds(300)).Exit);

    [Fact]
    public void Should_kill_the_whole_group_when_it_is_stopped()
    {
        var (stop, stopThere) = Descriptors.Pipe();
        using (stop)
        {
            using (stopThere)
            {
                _ = Task.Delay(200).ContinueWith(_ => stopThere.Dispose(), TaskScheduler.Default);
                var outcome = ProgramRun.Run(Script("sleep 100 & echo $!; wait"), [], s_ample, stop);
                Assert.Null(outcome.Exit);
                Assert.True(outcome.WasStopped);
                AssertGone(outcome);
            }
        }
    }

    [Fact]
    public void Should_not_wait_for_processes_that_are_left_behind()
    {
        var start = Stopwatch.GetTimestamp();
        var outcome = Run("sleep 20 & echo $!", s_ample);

        Assert.Equal(0, outcome.Exit!.Value.Code);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10));
        using var left = Pidfd.TryOpen(ProcessIdentity.TryRead(int.Parse(outcome.Output, CultureInfo.InvariantCulture))!.Value);
        Assert.True(left!.Signal(Signals.SIGKILL));
    }

    [Fact]
    public void Should_refuse_a_program_that_does_not_exist() =>
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => ProgramRun.Run(new SpawnRequest { Path = "/no/such", Arguments = ["x"] }, [], s_ample)).Errno);

    private static void AssertGone(ProgramOutcome outcome)
    {
        var pid = int.Parse(outcome.Output.Split('\n')[^1], CultureInfo.InvariantCulture);
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z "), TimeSpan.FromSeconds(10)), $"process {pid} is left");
    }

    private static ProgramOutcome Run(string script, TimeSpan limit, string input = "") =>
        ProgramRun.Run(Script(script), System.Text.Encoding.UTF8.GetBytes(input), limit);

    private static SpawnRequest Script(string script) => new() { Path = "/bin/sh", Arguments = ["sh", "-c", script], Environment = ["PATH=/usr/bin:/bin"] };
}

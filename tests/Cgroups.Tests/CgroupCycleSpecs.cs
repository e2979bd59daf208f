using System.Collections.Concurrent;
using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>Many sandboxes' groups made and removed at once while their VMMs are killed at any moment.</summary>
public sealed class CgroupCycleSpecs : HostMachine
{
    private const int Cycles = 200;
    private const int AtOnce = 8;

    [Fact]
    public async Task Should_leave_no_directory_after_200_cycles_in_parallel_with_random_kills()
    {
        var replies = new ConcurrentBag<object>();

        await Parallel.ForAsync(0, Cycles, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (cycle, _) => await CycleAsync(cycle, replies));

        // For a VMM that is killed before its threads are placed, "gone" is the only allowed failure.
        Assert.Empty(replies.OfType<CgroupFailure>().Where(failure => failure.Failure.Code != FailureCode.NotFound).Select(failure => failure.Failure.Message));
        Assert.Equal(Cycles, replies.OfType<CgroupProtocol.Destroyed>().Count());
        Assert.NotEmpty(replies.OfType<CgroupProtocol.Applied>());
        Assert.Empty(Left(Name));
    }

    // Seeded, so that the same cycles are killed each time; the moment within a cycle varies.
    private async Task CycleAsync(int cycle, ConcurrentBag<object> replies)
    {
        var random = new Random(cycle);
        var (vmm, tids) = await ThreadedProgram.StartAsync(random.Next(1, 5), churn: random.Next(4) == 0);
        using var process = vmm;
        var actor = Sys.ActorOf(CgroupActor.Props(Settings, $"{Name}-{cycle}"));
        var applying = actor.Ask<object>(new CgroupProtocol.Apply(Identity(vmm), [.. tids], new CpuLimit(50_000, 100_000)), Deadline.Span);
        var kill = random.Next(3);
        if (kill == 0)
        {
            vmm.Pidfd.Signal(Signals.SIGKILL);
        }

        var applied = await applying;
        if (applied is not CgroupFailure { Failure.Code: FailureCode.DeadlineExceeded })
        {
            replies.Add(applied);
        }

        var destroying = actor.Ask<object>(new CgroupProtocol.Destroy(), Deadline.Span);
        if (kill == 1)
        {
            vmm.Pidfd.Signal(Signals.SIGKILL);
        }

        replies.Add(await destroying);
    }
}

using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>
/// Limits this process to a number of further descriptors, until disposed. The limit is process-wide: such a test runs alone. The runtime needs a
/// descriptor for the start of a thread, and without one ends the process with "Out of memory.": threads for the test start before the shortage.
/// </summary>
public sealed class DescriptorShortage : IDisposable
{
    private const int Threads = 32;

    private readonly (ulong Soft, ulong Hard) _before = ProcessLimits.Get(0, ProcessResource.OpenFiles);

    public DescriptorShortage(int left = 0)
    {
        StartThreads();

        // A finalizer of an earlier test that closes a descriptor would make room later.
        GC.Collect();
        GC.WaitForPendingFinalizers();

        // Numbers are given lowest first, and there may be gaps between those in use.
        var next = Enumerable.Range(0, left + 1).Select(_ => Descriptors.Open("/dev/null", OpenFlags.ReadOnly)).ToArray();
        var firstRefused = (ulong)next[^1].DangerousGetHandle();
        Array.ForEach(next, descriptor => descriptor.Dispose());

        // Loads the code that describes the failure, while that is possible.
        _ = new LinuxException(Errno.EMFILE, "open", "descriptor").Message;
        ProcessLimits.Set(0, ProcessResource.OpenFiles, firstRefused, _before.Hard);
    }

    // Those of the pool, and that of the timers.
    private static void StartThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Threads), ports);
        using var timer = new Timer(_ => { }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        using var started = new CountdownEvent(Threads);
        using var over = new ManualResetEventSlim();
        var work = Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            started.Signal();
            over.Wait(Deadline.Span);
        })).ToArray();
        var areStarted = started.Wait(Deadline.Span);
        over.Set();
        Task.WaitAll(work, Deadline.Span);
        if (!areStarted)
        {
            throw new TimeoutException("the pool does not start its threads");
        }
    }

    public void Dispose() => ProcessLimits.Set(0, ProcessResource.OpenFiles, _before.Soft, _before.Hard);
}

using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>Stops and continues the processes of a cgroup v2 (cgroup.freeze). A frozen process can be killed; other signals wait for the thaw.</summary>
internal sealed class CgroupFreezer(string folder)
{
    private const int Turns = 8;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);

    // A thaw during a freeze would let it wait in vain.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Completes when every process stands still. Processes that do not come to a stop in time are let go on.</summary>
    internal async Task FreezeAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Write(frozen: true);
            await AwaitFrozenAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            Write(frozen: false);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Lets the processes go on.</summary>
    internal async Task ThawAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Write(frozen: false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task AwaitFrozenAsync(CancellationToken cancellation)
    {
        // Most processes stop as soon as they get a CPU.
        for (var turn = 0; turn < Turns; turn++)
        {
            if (IsFrozen())
            {
                return;
            }

            Thread.Yield();
        }

        var waited = TimeSpan.Zero;
        for (var pause = s_firstPause; !IsFrozen(); pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            if (waited > s_deadline)
            {
                throw Failures.Late($"its processes did not stop within {s_deadline.TotalSeconds} s");
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
            waited += pause;
        }
    }

    private bool IsFrozen() => KernelFiles.Read($"{folder}/cgroup.events").Split('\n').Contains("frozen 1");

    private void Write(bool frozen) => KernelFiles.Write($"{folder}/cgroup.freeze", frozen ? "1" : "0");
}

using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>Stops and continues the processes of a cgroup v2 (cgroup.freeze). A frozen process can be killed; other signals wait for the thaw.</summary>
internal sealed class CgroupFreezer(string folder)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);

    // A freeze and a thaw at the same time would wait for opposite states.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Completes when every process stands still. Processes that do not come to a stop in time are let go on.</summary>
    internal async Task FreezeAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Write(frozen: true);
            await ReachAsync(frozen: true, cancellation).ConfigureAwait(false);
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

    /// <summary>Completes when the group is not frozen.</summary>
    internal async Task ThawAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Write(frozen: false);
            await ReachAsync(frozen: false, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ReachAsync(bool frozen, CancellationToken cancellation)
    {
        var waited = TimeSpan.Zero;
        for (var pause = s_firstPause; IsFrozen() != frozen; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            if (waited > s_deadline)
            {
                throw Failures.Late($"its processes did not {(frozen ? "stop" : "go on")} within {s_deadline.TotalSeconds} s");
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
            waited += pause;
        }
    }

    private bool IsFrozen() => KernelFiles.Read($"{folder}/cgroup.events").Split('\n').Contains("frozen 1");

    private void Write(bool frozen) => KernelFiles.Write($"{folder}/cgroup.freeze", frozen ? "1" : "0");
}

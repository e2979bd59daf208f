namespace KataActors.Agent.Rpc;

/// <summary>
/// Returns the pages of the managed heap to the kernel when the host has been quiet for a moment after work. Otherwise the heap keeps the size that the
/// busiest moment gave it. A quiet guest has no timer.
/// </summary>
internal sealed class QuietCollection
{
    // Less garbage is not worth a collection of all of the heap.
    private const long Worthwhile = 1024 * 1024;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly Timer _timer;
    private long _allocatedBefore;
    private volatile bool _isBusy;
    private int _isArmed;

    internal QuietCollection() => _timer = new Timer(_ => Look());

    /// <summary>A call has come from the host. The collection follows 0.5 to 1 s after the last call.</summary>
    internal void Notice()
    {
        _isBusy = true;
        Arm();
    }

    /// <summary>All of the heap has just been collected.</summary>
    internal void Restart() => _allocatedBefore = GC.GetTotalAllocatedBytes();

    private void Arm()
    {
        if (Interlocked.Exchange(ref _isArmed, 1) == 0)
        {
            _timer.Change(s_look, Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        Volatile.Write(ref _isArmed, 0);
        if (_isBusy)
        {
            _isBusy = false;
            Arm();
        }
        else if (GC.GetTotalAllocatedBytes() - _allocatedBefore >= Worthwhile)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            Restart();
        }
    }
}

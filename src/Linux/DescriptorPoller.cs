using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>
/// Waits for descriptors to become ready on one shared epoll thread. Each wait works on a duplicate of its own, which it closes:
/// the owner of the original may close it at any time.
/// </summary>
internal static class DescriptorPoller
{
    private const int ThreadStackBytes = 128 * 1024;

    private static readonly ConcurrentDictionary<ulong, Action> s_waiters = new();
    private static readonly Lock s_lock = new();
    private static int? s_epoll;
    private static ulong s_lastToken;

    // Made on first use; a failure to make it is retried on the next use.
    private static int Epoll
    {
        get
        {
            lock (s_lock)
            {
                return s_epoll ??= Start(ThreadStackBytes);
            }
        }
    }

    internal static Task WaitReadableAsync(SafeHandle descriptor, CancellationToken cancellation) =>
        WaitAsync(descriptor, (uint)EPOLLIN, cancellation);

    internal static Task WaitWritableAsync(SafeHandle descriptor, CancellationToken cancellation) =>
        WaitAsync(descriptor, (uint)EPOLLOUT, cancellation);

    /// <summary>
    /// Calls back, on the poller's thread, each time that the descriptor's state may have changed, until the result is disposed. Unlike a wait
    /// it does not repeat the callback while a descriptor remains hung up.
    /// </summary>
    internal static IDisposable Subscribe(SafeHandle descriptor, Action changed)
    {
        var subscription = new Subscription(Epoll, Descriptors.Duplicate(descriptor), Interlocked.Increment(ref s_lastToken));
        s_waiters[subscription.Token] = changed;
        var events = (uint)(EPOLLIN | EPOLLOUT | EPOLLET);
        Control(subscription.Epoll, EPOLL_CTL_ADD, subscription.Descriptor, new EpollEvent { Events = events, Data = subscription.Token });
        return subscription;
    }

    private static async Task WaitAsync(SafeHandle descriptor, uint events, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var epoll = Epoll;
        using var duplicate = Descriptors.Duplicate(descriptor);
        var token = Interlocked.Increment(ref s_lastToken);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        s_waiters[token] = () => ready.TrySetResult();
        try
        {
            Control(epoll, EPOLL_CTL_ADD, duplicate, new EpollEvent { Events = events | (uint)EPOLLONESHOT, Data = token });
            await using (cancellation.Register(() => ready.TrySetCanceled(cancellation)).ConfigureAwait(false))
            {
                await ready.Task.ConfigureAwait(false);
            }
        }
        finally
        {
            s_waiters.TryRemove(token, out _);
            // A close alone would not end the registration: the original keeps the open file alive.
            TryControl(epoll, EPOLL_CTL_DEL, duplicate, default);
        }
    }

    internal static int Start(int stackBytes)
    {
        var epoll = epoll_create1(EPOLL_CLOEXEC);
        if (epoll < 0)
        {
            throw LinuxException.Last("epoll_create1", "poller");
        }

        try
        {
            new Thread(() => Loop(epoll), stackBytes) { IsBackground = true, Name = "descriptor poller" }.Start();
            return epoll;
        }
        catch (OutOfMemoryException)
        {
            _ = close(epoll);
            throw new LinuxException(Errno.EAGAIN, "pthread_create", "poller");
        }
    }

    private static unsafe void Loop(int epoll)
    {
        const int Capacity = 64;
        var events = stackalloc EpollEvent[Capacity];
        while (true)
        {
            // SAFETY: the buffer lives on this stack and holds Capacity entries.
            var count = LibC.epoll_wait(epoll, events, Capacity, -1);
            for (var i = 0; i < count; i++)
            {
                if (s_waiters.TryGetValue(events[i].Data, out var ready))
                {
                    ready();
                }
            }
        }
    }

    private static void Control(int epoll, int operation, SafeHandle descriptor, EpollEvent change)
    {
        if (!TryControl(epoll, operation, descriptor, change))
        {
            throw LinuxException.Last("epoll_ctl", "descriptor");
        }
    }

    private static unsafe bool TryControl(int epoll, int operation, SafeHandle descriptor, EpollEvent change) =>
        // SAFETY: the kernel copies the event during the call.
        LibC.epoll_ctl(epoll, operation, descriptor, &change) == 0;

    private sealed record Subscription(int Epoll, SafeHandle Descriptor, ulong Token) : IDisposable
    {
        public void Dispose()
        {
            s_waiters.TryRemove(Token, out _);
            TryControl(Epoll, EPOLL_CTL_DEL, Descriptor, default);
            Descriptor.Dispose();
        }
    }
}

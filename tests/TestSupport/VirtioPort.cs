namespace KataActors.TestSupport;

/// <summary>
/// A virtio-serial port in memory: bytes of a host that has left are still delivered; the guest reads 0 while no host is connected,
/// and its writes wait for one.
/// </summary>
public sealed class VirtioPort
{
    private readonly ByteQueue _toGuest = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<ByteQueue> _host = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public VirtioPort()
    {
        _toGuest.SetEnded(true);
        Device = new GuestEnd(this);
    }

    /// <summary>The guest's end.</summary>
    public Stream Device { get; }

    /// <summary>When set, the guest does not see that a host left, because the next one connects too quickly.</summary>
    public bool HidesDisconnects { get; set; }

    /// <summary>Completes when the guest has next read that no host is connected.</summary>
    public Task DisconnectSeen
    {
        get
        {
            lock (_lock)
            {
                return _seen.Task;
            }
        }
    }

    /// <summary>Connects the host's end; disposing it disconnects. There is one at a time.</summary>
    public Stream Connect()
    {
        var toHost = new ByteQueue();
        lock (_lock)
        {
            if (_host.Task.IsCompleted)
            {
                throw new IOException("a host is connected");
            }

            _host.SetResult(toHost);
        }

        _toGuest.SetEnded(false);
        return new HostEnd(this, toHost);
    }

    private void Disconnect()
    {
        lock (_lock)
        {
            _host = new TaskCompletionSource<ByteQueue>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (!HidesDisconnects)
        {
            _toGuest.SetEnded(true);
        }
    }

    private void See()
    {
        TaskCompletionSource seen;
        lock (_lock)
        {
            seen = _seen;
            _seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        seen.SetResult();
    }

    private sealed class HostEnd(VirtioPort port, ByteQueue toHost) : AsyncStream
    {
        private int _closed;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default) =>
            toHost.ReadAsync(buffer, cancellation);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
        {
            if (_closed != 0)
            {
                throw new IOException("the port is closed");
            }

            port._toGuest.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
            {
                toHost.SetEnded(true);
                port.Disconnect();
            }
        }
    }

    private sealed class GuestEnd(VirtioPort port) : AsyncStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
        {
            int count = await port._toGuest.ReadAsync(buffer, cancellation);
            if (count == 0)
            {
                port.See();
            }

            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
        {
            Task<ByteQueue> host;
            lock (port._lock)
            {
                host = port._host.Task;
            }

            (await host.WaitAsync(cancellation)).Write(buffer.Span);
        }
    }
}

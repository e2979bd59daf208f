using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Boot;

/// <summary>
/// A virtio-serial port as a stream that outlives its host end: when the host leaves, one read answers 0, and the next one waits for
/// the next host; writes wait. One reader and one writer at a time. Owns the descriptor.
/// </summary>
internal sealed class VirtioPort : Stream
{

    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _port;
    private readonly IDisposable _subscription;
    private TaskCompletionSource? _changed;
    private bool _endWasTold;

    private VirtioPort(SafeFileHandle port)
    {
        _port = port;
        _subscription = DescriptorEvents.Subscribe(port, Changed);
    }

    /// <summary>Opens a port's device file.</summary>
    internal static VirtioPort Open(string path) => new(Descriptors.Open(path, OpenFlags.ReadWrite | OpenFlags.NonBlocking));

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The next bytes; 0, once, when the host has left or none is connected.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // Requested before the attempt, so that no change between the two is missed.
            var changed = NextChange();
            var read = Descriptors.TryRead(_port, buffer.Span);
            if (read > 0)
            {
                _endWasTold = false;
                return read;
            }

            if (read == 0 && !_endWasTold)
            {
                if (await IsFinalAsync(changed, cancellationToken).ConfigureAwait(false))
                {
                    _endWasTold = true;
                    return 0;
                }

                continue;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // Data and the events of connecting hosts travel on different queues: the event that the last host has left may arrive after the next
    // host's first bytes. Then the event of the next host's arrival follows at once.
    private static async Task<bool> IsFinalAsync(Task changed, CancellationToken cancellation)
    {
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var first = await Task.WhenAny(changed, Task.Delay(s_settling, settled.Token)).ConfigureAwait(false);
        await settled.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return first != changed;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var changed = NextChange();
            var written = Descriptors.TryWrite(_port, buffer.Span);
            if (written > 0)
            {
                buffer = buffer[written..];
                continue;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Completes at the next change of the port's state: bytes, room, a host that came or went.</summary>
    internal Task NextChange()
    {
        lock (_gate)
        {
            return (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public override void Flush()
    {
    }

    // Writes are complete when they return. The inherited method would wait for a thread, and might be cancelled after the host has read the
    // bytes.
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _subscription.Dispose();
            _port.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Changed()
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = null;
        }

        changed?.TrySetResult();
    }
}

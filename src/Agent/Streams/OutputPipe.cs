using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Streams;

/// <summary>
/// The host's end of a process's stdout or stderr, a pipe or the master of a terminal. It is read when the host asks: other output stays in it, and when
/// it is full it blocks the process.
/// </summary>
internal sealed class OutputPipe : IDisposable
{
    /// <summary>The most bytes in one answer; larger arrays would leave the garbage collector's youngest generation.</summary>
    internal const int LargestAnswer = 64 * 1024;

    // More than the kernel keeps of a terminal's output: with these bytes, all that the process wrote before its end was read.
    private const int MostInTerminal = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _pipe;
    private readonly OutputBuffer _buffer;
    private readonly CancellationTokenSource _removed = new();
    private readonly CancellationTokenSource _last = new();
    private int _lastBytes = MostInTerminal;
    private bool _ended;

    /// <summary>Takes the read end over.</summary>
    internal OutputPipe(SafeFileHandle pipe, int capacity = OutputBuffer.DefaultCapacity)
    {
        _pipe = pipe;
        _buffer = new OutputBuffer(capacity);
        Descriptors.SetNonBlocking(pipe);
    }

    /// <summary>Takes the master of a terminal over, whose output ends with <paramref name="process"/>: other processes may keep the terminal open.</summary>
    internal OutputPipe(SafeFileHandle terminal, Task process)
        : this(terminal) => process.ContinueWith(_ => _last.Cancel(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>
    /// Reads from a position, which acknowledges all bytes before it, or (for a stock host) the next bytes, which are acknowledged by the read. Waits for at
    /// least one byte: without bound for a stock host, else for the requested time. Or closes the stream, when its reader is gone.
    /// </summary>
    internal async Task<ReadStreamResponse> ReadAsync(ReadStreamRequest request, CancellationToken cancellation)
    {
        if (request.Close)
        {
            Close();
            return new ReadStreamResponse { EndOfStream = true };
        }

        var limit = request.Len is 0 or > LargestAnswer ? LargestAnswer : (int)request.Len;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _removed.Token, _last.Token);
        if (request.HasOffset)
        {
            waiting.CancelAfter(TimeSpan.FromMilliseconds(request.WaitMs));
        }

        while (true)
        {
            if (TryRead(request, limit) is { } response)
            {
                return response;
            }

            try
            {
                await DescriptorEvents.WaitReadableAsync(_pipe, waiting.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (_last.IsCancellationRequested && failure is OperationCanceledException or ObjectDisposedException)
            {
                // What is there now is all.
            }
            catch (OperationCanceledException) when (request.HasOffset && !cancellation.IsCancellationRequested && !_removed.IsCancellationRequested)
            {
                return new ReadStreamResponse { EndOfStream = false };
            }
            catch (Exception failure) when (_removed.IsCancellationRequested && failure is OperationCanceledException or ObjectDisposedException)
            {
                throw Removed();
            }
        }
    }

    /// <summary>Whether the host has acknowledged the last byte of the stream.</summary>
    internal bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _ended && _buffer.Count == 0;
            }
        }
    }

    /// <summary>Closes the terminal, which is a hang-up for its processes. Output that was not read is lost.</summary>
    internal void HangUp()
    {
        _last.Cancel();
        lock (_gate)
        {
            _ended = true;
            _pipe.Dispose();
        }
    }

    // The process's next write fails (EPIPE, SIGPIPE). The waits end, too, because each has the pipe open.
    private void Close()
    {
        HangUp();
        lock (_gate)
        {
            if (_removed.IsCancellationRequested)
            {
                throw Removed();
            }

            _buffer.Acknowledge(_buffer.End);
            _buffer.GiveBack();
        }
    }

    private static TtrpcException Removed() => new(StatusCode.NotFound, "the process was removed");

    private ReadStreamResponse? TryRead(ReadStreamRequest request, int limit)
    {
        lock (_gate)
        {
            if (_removed.IsCancellationRequested)
            {
                throw Removed();
            }

            if (request.HasOffset)
            {
                Acknowledge(request.Offset);
            }

            Fill(limit);
            var bytes = _buffer.Peek(limit);
            if (!request.HasOffset)
            {
                _buffer.Acknowledge(_buffer.Start + (ulong)bytes.Length);
                return bytes.Length > 0 ? Answer(bytes) : _ended ? throw new TtrpcException(StatusCode.OutOfRange, "EOF") : null;
            }

            if (bytes.Length == 0 && !_ended)
            {
                return null;
            }

            var response = Answer(bytes);
            response.EndOfStream = _ended && bytes.Length == _buffer.Count;
            return response;
        }
    }

    private static ReadStreamResponse Answer(byte[] bytes) => new() { Data = UnsafeByteOperations.UnsafeWrap(bytes) };

    private void Acknowledge(ulong offset)
    {
        if (offset < _buffer.Start || offset > _buffer.End)
        {
            throw new TtrpcException(StatusCode.OutOfRange, $"offset {offset} is outside of the bytes kept, {_buffer.Start} to {_buffer.End}");
        }

        _buffer.Acknowledge(offset);
    }

    // A full buffer reads nothing more, until the host acknowledges.
    private void Fill(int wanted)
    {
        while (!_ended && _buffer.Count < wanted && !_buffer.IsFull)
        {
            var isLast = _last.IsCancellationRequested;
            var read = Descriptors.TryRead(_pipe, _buffer.Room(wanted - _buffer.Count));
            if (read < 0)
            {
                _ended = isLast;
                return;
            }

            _buffer.Commit(read);
            _lastBytes -= isLast ? read : 0;
            _ended = read == 0 || _lastBytes <= 0;
        }

        if (_ended)
        {
            _buffer.GiveBack();
        }
    }

    /// <summary>Ends all waiting reads and drops the unacknowledged output.</summary>
    public void Dispose()
    {
        _removed.Cancel();
        lock (_gate)
        {
            _pipe.Dispose();
            _buffer.Dispose();
        }
    }
}

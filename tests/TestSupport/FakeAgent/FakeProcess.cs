using System.Threading.Channels;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.TestSupport;

/// <summary>The first process of a fake container. A script drives it from the inside, the test may as well.</summary>
public sealed class FakeProcess
{
    private readonly Lock _lock = new();
    private readonly FakeOutput _stdout = new();
    private readonly FakeOutput _stderr = new();
    private readonly Channel<byte[]> _input = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<uint> _signals = Channel.CreateUnbounded<uint>();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _accepted;
    private ulong? _inputLength;

    internal FakeProcess(CreateContainerRequest request) => Request = request;

    /// <summary>How the container was created.</summary>
    public CreateContainerRequest Request { get; }

    /// <summary>Whether StartContainer was called.</summary>
    public bool IsStarted { get; internal set; }

    /// <summary>The exit code, once the process has ended.</summary>
    public Task<int> Exited => _exit.Task;

    /// <summary>What arrives on stdin; it completes when stdin was closed.</summary>
    public ChannelReader<byte[]> Input => _input.Reader;

    /// <summary>Signals in the order of their arrival. Only SIGKILL has an effect of its own.</summary>
    public ChannelReader<uint> Signals => _signals.Reader;

    /// <summary>Whether the reader of stdout, and of stderr, is gone.</summary>
    public (bool Stdout, bool Stderr) AreClosed => (_stdout.IsClosed, _stderr.IsClosed);

    public void WriteStdout(ReadOnlySpan<byte> bytes) => _stdout.Write(bytes);

    public void WriteStderr(ReadOnlySpan<byte> bytes) => _stderr.Write(bytes);

    /// <summary>Ends the process: both streams end after the bytes written so far.</summary>
    public void Exit(int code)
    {
        _stdout.End();
        _stderr.End();
        _exit.TrySetResult(code);
    }

    internal void Signal(uint signal)
    {
        const uint Kill = 9;
        _signals.Writer.TryWrite(signal);
        if (signal == Kill)
        {
            Exit(128 + (int)Kill);
        }
    }

    internal uint Accept(WriteStreamRequest request)
    {
        lock (_lock)
        {
            ulong offset = request.HasOffset ? request.Offset : _accepted;
            if (offset > _accepted)
            {
                throw new TtrpcException(StatusCode.OutOfRange, $"offset {offset} leaves a gap after {_accepted}");
            }

            int known = (int)Math.Min(_accepted - offset, (ulong)request.Data.Length);
            byte[] fresh = request.Data.Span[known..].ToArray();
            if (fresh.Length > 0 && !_input.Writer.TryWrite(fresh))
            {
                throw new TtrpcException(StatusCode.FailedPrecondition, "stdin is closed");
            }

            _accepted += (ulong)fresh.Length;
            CloseIfComplete();
            return (uint)request.Data.Length;
        }
    }

    internal void Close(CloseStdinRequest request)
    {
        lock (_lock)
        {
            _inputLength = request.HasOffset ? request.Offset : _accepted;
            CloseIfComplete();
        }
    }

    internal Task<ReadStreamResponse> ReadStdoutAsync(ReadStreamRequest request, CancellationToken cancellation) =>
        _stdout.ReadAsync(request, cancellation);

    internal Task<ReadStreamResponse> ReadStderrAsync(ReadStreamRequest request, CancellationToken cancellation) =>
        _stderr.ReadAsync(request, cancellation);

    private void CloseIfComplete()
    {
        if (_accepted >= _inputLength)
        {
            _input.Writer.TryComplete();
        }
    }
}

using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Copies one output stream of the process to a descriptor, on a thread of its own because the descriptor's reader may stall. The offset of
/// the next request acknowledges the written bytes. When the reader is gone, the stream is closed, so that the process learns of it as it would without a
/// stand-in; that of a terminal is still read, and its bytes are dropped.
/// </summary>
internal sealed class OutputPump
{
    private static readonly TimeSpan s_shortestPoll = TimeSpan.FromMilliseconds(100);

    private readonly DaemonLink _link;
    private readonly ReadOutputRequest _request;
    private readonly SafeFileHandle _target;
    private readonly bool _closes;
    private readonly ManualResetEventSlim _ended = new();

    private byte[] _buffer = [];
    private bool _readerIsGone;
    private long _lastWrite = Environment.TickCount64;
    private volatile bool _writing;

    /// <param name="link">The daemon.</param>
    /// <param name="process">The process.</param>
    /// <param name="stream">Which of its streams.</param>
    /// <param name="descriptor">Where it goes.</param>
    /// <param name="closes">Whether the end of the reader is that of the process's stream.</param>
    public OutputPump(DaemonLink link, ContainerProcess process, OutputStream stream, int descriptor, bool closes)
    {
        _closes = closes;
        _link = link;
        _target = new SafeFileHandle(descriptor, ownsHandle: false);
        _request = new ReadOutputRequest
        {
            Container = process.Container,
            Process = process.Id,
            Stream = stream,
            MaxBytes = TtrpcLimits.StreamChunk,
            WaitMs = (uint)Deadlines.LongPoll.TotalMilliseconds,
        };
    }

    public void Start() => StandInThread.Start($"{_request.Stream}", Run);

    /// <summary>Waits until the end of the stream, or until the daemon does not know the process. False when the time has passed.</summary>
    public bool WaitForEnd(TimeSpan time) => _ended.Wait(time);

    /// <summary>True when it has ended, or the daemon has sent nothing since then (<see cref="Environment.TickCount64"/>) and for that long.</summary>
    public bool IsSilent(long since, TimeSpan time) => _ended.IsSet
        || (!_writing && Environment.TickCount64 - Math.Max(since, Volatile.Read(ref _lastWrite)) > time.TotalMilliseconds);

    private void Run()
    {
        // Those of its own writes are no signals to this process, which are forwarded.
        Signals.BlockOnThread(Signals.SIGPIPE);
        try
        {
            Copy();
        }
        catch (TtrpcException)
        {
            // The wait for the exit code gets the same failure and decides.
        }

        _ended.Set();
    }

    private void Copy()
    {
        // Made once, so that copying leaves next to no garbage.
        TtrpcResponseReader<OutputChunk> take = Take;
        Func<DaemonConnection, OutputChunk> read = daemon => daemon.Call(ControlServiceNames.ReadOutput, _request, take, DaemonLink.LongPollTimeout);
        OutputChunk chunk;
        do
        {
            var asked = Environment.TickCount64;
            chunk = _link.Call(read);
            if (chunk.Count > 0)
            {
                _writing = true;
                _readerIsGone = _readerIsGone || !TryWrite(chunk.Count);
                _request.Close = _readerIsGone && _closes;
                Volatile.Write(ref _lastWrite, Environment.TickCount64);
                _writing = false;
                _request.Offset += (ulong)chunk.Count;
            }
            else if (!chunk.EndOfStream && Environment.TickCount64 - asked < s_shortestPoll.TotalMilliseconds)
            {
                // The daemon answered before the requested wait was over.
                Thread.Sleep(s_shortestPoll);
            }
        }
        while (!chunk.EndOfStream);
    }

    private OutputChunk Take(ReadOnlySpan<byte> payload)
    {
        if (_buffer.Length < payload.Length)
        {
            _buffer = new byte[Math.Max(payload.Length, 2 * _buffer.Length)];
        }

        return OutputChunk.Read(payload, _buffer);
    }

    private bool TryWrite(int length)
    {
        try
        {
            BlockingStreams.Write(_target, _buffer.AsSpan(0, length));
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}

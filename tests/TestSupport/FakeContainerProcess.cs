using KataActors.Protocol.Control;

namespace KataActors.TestSupport;

/// <summary>A process as a <see cref="FakeDaemon"/> plays it: output that can be read again from the acknowledged offset, and input that was accepted.</summary>
public class FakeContainerProcess(ProcessRef standIn)
{
    private readonly Lock _lock = new();
    private readonly FakeStream[] _output = [new(), new()];
    private readonly MemoryStream _input = new();
    private readonly List<(uint Signal, bool All)> _signals = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProcessRef StandIn => standIn;

    public string Status { get; set; } = "created";

    /// <summary>The external cause of its end, if any.</summary>
    public string Reason { get; private set; } = "";

    public int? ExitCode { get; private set; }

    public bool InputClosed { get; private set; }

    /// <summary>The last size that its terminal was given.</summary>
    public (uint Rows, uint Columns)? Size { get; private set; }

    /// <summary>Bytes of input that are still taken; a test lowers it to see back-pressure.</summary>
    public int InputRoom { get; set; } = int.MaxValue;

    public byte[] Input
    {
        get
        {
            lock (_lock)
            {
                return _input.ToArray();
            }
        }
    }

    public IReadOnlyList<(uint Signal, bool All)> Signals
    {
        get
        {
            lock (_lock)
            {
                return [.. _signals];
            }
        }
    }

    public void Start() => Change(() => Status = "running");

    /// <summary>The process writes.</summary>
    public void Write(OutputStream stream, byte[] data) => Change(() => _output[(int)stream].Add(data));

    /// <summary>The process ends, and with it both streams.</summary>
    public void Exit(int code, string reason = "") => Change(() =>
    {
        Status = "stopped";
        Reason = reason;
        ExitCode = code;
        Array.ForEach(_output, stream => stream.Ended = true);
    });

    public void Signal(uint signal, bool all) => Change(() => _signals.Add((signal, all)));

    /// <summary>The acknowledged offset of a stream.</summary>
    public ulong Acknowledged(OutputStream stream)
    {
        lock (_lock)
        {
            return (ulong)_output[(int)stream].Acknowledged;
        }
    }

    /// <summary>Whether the reader of a stream is gone.</summary>
    public bool IsClosed(OutputStream stream)
    {
        lock (_lock)
        {
            return _output[(int)stream].Closed;
        }
    }

    /// <summary>Waits until a condition on the process holds.</summary>
    public async Task WaitUntilAsync(Func<FakeContainerProcess, bool> holds)
    {
        var token = Deadline.Token;
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (holds(this))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(token);
        }
    }

    internal async Task<ReadOutputResponse> ReadAsync(ReadOutputRequest read, CancellationToken cancelled)
    {
        var stream = _output[(int)read.Stream];
        if (read.Close)
        {
            Change(() => stream.Closed = true);
            return new ReadOutputResponse { EndOfStream = true };
        }

        Change(() => stream.Acknowledge((long)read.Offset));
        return await PollAsync(() => stream.Read((int)read.MaxBytes), TimeSpan.FromMilliseconds(read.WaitMs), cancelled) ?? new ReadOutputResponse();
    }

    internal async Task<WaitResponse> WaitAsync(WaitRequest wait, CancellationToken cancelled) =>
        await PollAsync(
            () => ExitCode is { } code ? new WaitResponse { Exited = true, ExitCode = code } : null, TimeSpan.FromMilliseconds(wait.WaitMs), cancelled)
        ?? new WaitResponse();

    internal WriteInputResponse Write(WriteInputRequest write)
    {
        var accepted = 0;
        Change(() =>
        {
            var known = (int)(_input.Length - (long)write.Offset);
            ArgumentOutOfRangeException.ThrowIfNegative(known);
            var fresh = Math.Min(Math.Max(0, write.Data.Length - known), InputRoom);
            _input.Write(write.Data.Span.Slice(Math.Min(known, write.Data.Length), fresh));
            InputRoom -= fresh;
            accepted = Math.Min(known, write.Data.Length) + fresh;
        });
        return new WriteInputResponse { Accepted = (uint)accepted };
    }

    internal void Resize(uint rows, uint columns) => Change(() => Size = (rows, columns));

    internal void CloseInput(ulong offset) => Change(() => InputClosed = (ulong)_input.Length == offset);

    private async Task<T?> PollAsync<T>(Func<T?> poll, TimeSpan time, CancellationToken cancelled)
        where T : class
    {
        var end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (poll() is { } result)
                {
                    return result;
                }

                changed = _changed.Task;
            }

            var left = end - Environment.TickCount64;
            if (left <= 0 || await Task.WhenAny(changed, Task.Delay(TimeSpan.FromMilliseconds(left), cancelled)) != changed)
            {
                return null;
            }
        }
    }

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            SignalChange();
        }
    }

    private void SignalChange()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Bytes from the first one that was not acknowledged.</summary>
    private sealed class FakeStream
    {
        private readonly List<byte> _kept = [];

        public long Acknowledged { get; private set; }

        public bool Ended { get; set; }

        public bool Closed { get; set; }

        public void Add(byte[] data) => _kept.AddRange(data);

        public void Acknowledge(long offset)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(offset, Acknowledged);
            _kept.RemoveRange(0, (int)(offset - Acknowledged));
            Acknowledged = offset;
        }

        public ReadOutputResponse? Read(int max)
        {
            var count = Math.Min(max, _kept.Count);
            var data = Google.Protobuf.ByteString.CopyFrom([.. _kept[..count]]);
            return count > 0 || Ended ? new ReadOutputResponse { Data = data, EndOfStream = Ended && count == _kept.Count } : null;
        }
    }
}

namespace KataActors.TestSupport;

/// <summary>Bytes on their way from one side to the other, without bound. A read waits for a byte or for the end.</summary>
internal sealed class ByteQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<byte> _bytes = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (byte value in bytes)
            {
                _bytes.Enqueue(value);
            }
        }

        Wake();
    }

    /// <summary>While ended, reads give 0 once the queue is empty.</summary>
    public void SetEnded(bool ended)
    {
        lock (_lock)
        {
            _ended = ended;
        }

        Wake();
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_bytes.Count > 0 || _ended)
                {
                    int count = Math.Min(buffer.Length, _bytes.Count);
                    for (int i = 0; i < count; i++)
                    {
                        buffer.Span[i] = _bytes.Dequeue();
                    }

                    return count;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellation);
        }
    }

    private void Wake()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}

using KataActors.Linux.Guest;

namespace KataActors.Agent.Streams;

/// <summary>
/// The bytes of one output stream that the host has not acknowledged, addressed by their position in the whole stream. A ring outside of the
/// managed heap, which returns its pages when it runs empty after more than 64 KiB. Not thread-safe.
/// </summary>
internal sealed class OutputBuffer(int capacity = OutputBuffer.DefaultCapacity) : IDisposable
{
    /// <summary>The bound of unacknowledged bytes a stream.</summary>
    internal const int DefaultCapacity = 1024 * 1024;

    private const int CheapToKeep = 64 * 1024;

    private readonly AnonymousMemory _memory = new(capacity);
    private int _first;
    private int _highest;

    /// <summary>Position of the first byte kept: all below it are acknowledged.</summary>
    internal ulong Start { get; private set; }

    /// <summary>Position after the last byte kept.</summary>
    internal ulong End { get; private set; }

    internal int Count => (int)(End - Start);

    internal bool IsFull => Count == capacity;

    /// <summary>Room to write the next bytes to, contiguous, at least one byte unless the buffer is full; then <see cref="Commit"/>.</summary>
    internal Span<byte> Room(int limit)
    {
        var at = (_first + Count) % capacity;
        var contiguous = at >= _first && !IsFull ? capacity - at : _first - at;
        return IsFull ? [] : _memory.Span.Slice(at, Math.Min(contiguous, limit));
    }

    /// <summary>Takes the first <paramref name="count"/> bytes of the last <see cref="Room"/> into the stream.</summary>
    internal void Commit(int count)
    {
        _highest = Math.Max(_highest, ((_first + Count) % capacity) + count);
        End += (ulong)count;
    }

    /// <summary>Forgets every byte below a position between <see cref="Start"/> and <see cref="End"/>.</summary>
    internal void Acknowledge(ulong position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, Start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, End);
        _first = (int)((ulong)_first + (position - Start)) % capacity;
        Start = position;
        if (Count > 0)
        {
            return;
        }

        _first = 0;
        if (_highest > CheapToKeep)
        {
            GiveBack();
        }
    }

    /// <summary>Gives the pages of an empty buffer back to the kernel: nothing more is expected.</summary>
    internal void GiveBack()
    {
        if (Count == 0 && _highest > 0)
        {
            _memory.Discard();
            _highest = 0;
        }
    }

    /// <summary>Copies the bytes from <see cref="Start"/> on.</summary>
    internal byte[] Peek(int limit)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Math.Min(limit, Count));
        var head = Math.Min(bytes.Length, capacity - _first);
        _memory.Span.Slice(_first, head).CopyTo(bytes);
        _memory.Span[..(bytes.Length - head)].CopyTo(bytes.AsSpan(head));
        return bytes;
    }

    public void Dispose() => _memory.Dispose();
}

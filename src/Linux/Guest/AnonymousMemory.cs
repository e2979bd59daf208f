using static Tmds.Linux.LibC;


namespace KataActors.Linux.Guest;

/// <summary>
/// Memory straight from the kernel (mmap(2)), outside of the garbage collected heap: pages cost nothing until they are touched, and can be given
/// back while the range stays.
/// </summary>
public sealed unsafe class AnonymousMemory : IDisposable
{
    private void* _start;

    /// <summary>Reserves zeroed memory.</summary>
    public AnonymousMemory(int length)
    {
        Length = length;
        // SAFETY: a fresh mapping owned by this object.
        _start = mmap(null, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (_start == MAP_FAILED)
        {
            _start = null;
            throw LinuxException.Last("mmap", $"{length} bytes");
        }
    }

    /// <summary>Bytes reserved.</summary>
    public int Length { get; }

    /// <summary>The memory. Not to be used after <see cref="Dispose"/>: the owner keeps the two apart.</summary>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == null, this);
            // SAFETY: the mapping is this long until it is disposed.
            return new Span<byte>(_start, Length);
        }
    }

    /// <summary>Gives all pages back; the content becomes zero.</summary>
    public void Discard()
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        // SAFETY: the range is our own mapping.
        _ = madvise(_start, Length, MADV_DONTNEED);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start != null)
        {
            // SAFETY: unmapped once; the pointer is forgotten.
            _ = munmap(_start, Length);
            _start = null;
        }
    }
}

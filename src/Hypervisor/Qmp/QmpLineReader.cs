namespace KataActors.Hypervisor.Qmp;

/// <summary>Cuts a byte stream into lines of bounded length.</summary>
internal sealed class QmpLineReader(Stream stream)
{
    /// <summary>The longest line accepted. QEMU's longest answer to our commands, for 240 vCPUs, is below 64 KiB.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>The next line without its end, valid until the next call; null when the stream ended.</summary>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadLineAsync(CancellationToken cancellation)
    {
        var scanned = _start;
        while (true)
        {
            var newline = Array.IndexOf(_buffer, (byte)'\n', scanned, _end - scanned);
            if ((newline < 0 ? _end : newline) - _start > MaxLineBytes)
            {
                throw new InvalidDataException($"a line is longer than {MaxLineBytes} bytes");
            }

            if (newline >= 0)
            {
                var line = _buffer.AsMemory(_start, newline - _start);
                _start = newline + 1;
                return line;
            }

            MakeRoom();
            scanned = _end;
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return null;
            }

            _end += read;
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}

using KataActors.Protocol.Ttrpc;

namespace KataActors.Protocol.Channel;

/// <summary>Finds the ends of frames in a stream of ttrpc frames, from the passing bytes.</summary>
internal sealed class FrameFollower
{
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private int _headerBytes;
    private int _dataLeft;

    /// <summary>Between two frames: none has begun, or the last one is complete.</summary>
    public bool AtBoundary => _headerBytes == 0 && _dataLeft == 0;

    /// <summary>The least number of bytes that still belong to the current or next frame.</summary>
    public int Missing => _dataLeft > 0 ? _dataLeft : FrameHeader.Size - _headerBytes;

    /// <summary>Takes bytes up to the end of the frame, and returns their number.</summary>
    /// <exception cref="MalformedFrameException">The bytes are not a frame.</exception>
    public int Follow(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        if (_dataLeft == 0)
        {
            taken = Math.Min(bytes.Length, FrameHeader.Size - _headerBytes);
            bytes[..taken].CopyTo(_header.AsSpan(_headerBytes));
            _headerBytes += taken;
            if (_headerBytes < FrameHeader.Size)
            {
                return taken;
            }

            _headerBytes = 0;
            _dataLeft = FrameHeader.Read(_header).Length;
        }

        int data = Math.Min(bytes.Length - taken, _dataLeft);
        _dataLeft -= data;
        return taken + data;
    }
}

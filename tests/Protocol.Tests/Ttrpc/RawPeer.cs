using System.Net.Sockets;
using Google.Protobuf;
using KataActors.TestSupport;

namespace KataActors.Protocol.Ttrpc;

/// <summary>The far end of a connection, driven by the test byte by byte.</summary>
internal sealed class RawPeer(NetworkStream stream) : IDisposable
{
    public static byte[] Frame(uint streamId, byte type, byte flags, byte[] data, int? length = null)
    {
        byte[] frame = new byte[FrameHeader.Size + data.Length];
        new FrameHeader(length ?? data.Length, streamId, (FrameType)type, (FrameFlags)flags).Write(frame);
        data.CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    public static byte[] Request(uint streamId, string service, string method, IMessage payload, byte flags = 0) =>
        Frame(streamId, 1, flags, new Request { Service = service, Method = method, Payload = payload.ToByteString() }.ToByteArray());

    public async Task SendAsync(params byte[][] pieces)
    {
        foreach (byte[] piece in pieces)
        {
            await stream.WriteAsync(piece, Deadline.Token);
        }
    }

    public async Task<(FrameHeader Header, byte[] Data)> ReceiveAsync()
    {
        byte[] header = new byte[FrameHeader.Size];
        await stream.ReadExactlyAsync(header, Deadline.Token);
        var read = FrameHeader.Read(header);
        byte[] data = new byte[read.Length];
        await stream.ReadExactlyAsync(data, Deadline.Token);
        return (read, data);
    }

    public async Task<Response> ReceiveResponseAsync(uint streamId)
    {
        var (header, data) = await ReceiveAsync();
        Assert.Equal((streamId, FrameType.Response), (header.StreamId, header.Type));
        return Response.Parser.ParseFrom(data);
    }

    public async Task ExpectEndAsync()
    {
        byte[] one = new byte[1];
        int count;
        try
        {
            count = await stream.ReadAsync(one, Deadline.Token);
        }
        catch (IOException)
        {
            // Reset: the other side closed with unread bytes.
            count = 0;
        }

        Assert.Equal(0, count);
    }

    public void Close() => stream.Dispose();

    public void Dispose() => Close();
}

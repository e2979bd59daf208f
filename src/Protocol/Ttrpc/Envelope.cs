using System.Text;
using System.Text.Unicode;
using Google.Protobuf;
using KataActors.Linux;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Writes and reads the envelopes of ttrpc.proto around a payload that is serialised in place, so that its bytes are copied once.
/// The bytes are those that the generated <see cref="Request"/> and <see cref="Response"/> would give.
/// </summary>
internal static class Envelope
{
    private const int ServiceTag = (Request.ServiceFieldNumber << 3) | WireReader.LengthDelimited;
    private const int MethodTag = (Request.MethodFieldNumber << 3) | WireReader.LengthDelimited;
    private const int RequestPayloadTag = (Request.PayloadFieldNumber << 3) | WireReader.LengthDelimited;
    private const int TimeoutTag = (Request.TimeoutNanoFieldNumber << 3) | WireReader.Varint;
    private const int ResponsePayloadTag = (Response.PayloadFieldNumber << 3) | WireReader.LengthDelimited;

    // The bytes of the longest message accepted, in any script.
    private const int MaxMessageBytes = TtrpcLimits.MaxMessageLength * 4;

    public static int RequestSize(string service, string method, int payloadSize, long timeoutNano) =>
        FieldSize(Encoding.UTF8.GetByteCount(service)) + FieldSize(Encoding.UTF8.GetByteCount(method)) + FieldSize(payloadSize)
        + (timeoutNano == 0 ? 0 : 1 + CodedOutputStream.ComputeInt64Size(timeoutNano));

    public static void WriteRequest(
        Span<byte> destination, string service, string method, IMessage payload, int payloadSize, long timeoutNano)
    {
        int at = WriteText(destination, ServiceTag, service);
        at += WriteText(destination[at..], MethodTag, method);
        at += WritePayload(destination[at..], RequestPayloadTag, payload, payloadSize);
        if (timeoutNano != 0)
        {
            destination[at++] = TimeoutTag;
            WriteVarint(destination[at..], (ulong)timeoutNano);
        }
    }

    public static int ResponseSize(int payloadSize) => FieldSize(payloadSize);

    public static void WriteResponse(Span<byte> destination, IMessage payload, int payloadSize) =>
        WritePayload(destination, ResponsePayloadTag, payload, payloadSize);

    /// <exception cref="MalformedFrameException">The data is not a request.</exception>
    public static RequestView ReadRequest(ReadOnlySpan<byte> data)
    {
        var view = new RequestView();
        var reader = new WireReader(data);
        while (reader.TryReadTag(out int field, out int wireType))
        {
            switch ((field << 3) | wireType)
            {
                case ServiceTag:
                    view.Service = reader.ReadBytes();
                    break;
                case MethodTag:
                    view.Method = reader.ReadBytes();
                    break;
                case RequestPayloadTag:
                    view.Payload = reader.ReadBytes();
                    break;
                case TimeoutTag:
                    view.TimeoutNano = (long)reader.ReadVarint();
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }

        return Utf8.IsValid(view.Service) && Utf8.IsValid(view.Method)
            ? view
            : throw new MalformedFrameException("request whose service or method is no text");
    }

    /// <summary>Finds the payload of a response, or its failure.</summary>
    /// <exception cref="MalformedFrameException">The data is not a response.</exception>
    public static ReadOnlySpan<byte> ReadResponse(ReadOnlySpan<byte> data, out TtrpcException? failure)
    {
        ReadOnlySpan<byte> payload = default;
        ReadOnlySpan<byte> status = default;
        var reader = new WireReader(data);
        while (reader.TryReadTag(out int field, out int wireType))
        {
            switch (field, wireType)
            {
                case (Response.StatusFieldNumber, WireReader.LengthDelimited):
                    status = reader.ReadBytes();
                    break;
                case (Response.PayloadFieldNumber, WireReader.LengthDelimited):
                    payload = reader.ReadBytes();
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }

        failure = ReadStatus(status);
        return payload;
    }

    // By hand: its details, which are not used, would let a peer create any number of objects.
    private static TtrpcException? ReadStatus(ReadOnlySpan<byte> data)
    {
        var code = StatusCode.Ok;
        ReadOnlySpan<byte> message = default;
        var reader = new WireReader(data);
        while (reader.TryReadTag(out int field, out int wireType))
        {
            switch (field, wireType)
            {
                case (Status.CodeFieldNumber, WireReader.Varint):
                    code = (StatusCode)(int)reader.ReadVarint();
                    break;
                case (Status.MessageFieldNumber, WireReader.LengthDelimited):
                    message = reader.ReadBytes();
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }

        return code switch
        {
            StatusCode.Ok => null,
            > StatusCode.Ok and <= StatusCode.Unauthenticated => new TtrpcException(code, Text(message)),
            _ => new TtrpcException(StatusCode.Unknown, Text(message)),
        };
    }

    private static string Text(ReadOnlySpan<byte> message) =>
        PrintableText.Of(message[..Math.Min(message.Length, MaxMessageBytes)], TtrpcLimits.MaxMessageLength);

    private static int FieldSize(int length) => length == 0 ? 0 : 1 + CodedOutputStream.ComputeLengthSize(length) + length;

    private static int WriteText(Span<byte> destination, int tag, string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        destination[0] = (byte)tag;
        int at = 1 + WriteVarint(destination[1..], (ulong)Encoding.UTF8.GetByteCount(text));
        return at + Encoding.UTF8.GetBytes(text, destination[at..]);
    }

    private static int WritePayload(Span<byte> destination, int tag, IMessage payload, int payloadSize)
    {
        if (payloadSize == 0)
        {
            return 0;
        }

        destination[0] = (byte)tag;
        int at = 1 + WriteVarint(destination[1..], (ulong)payloadSize);
        payload.WriteTo(destination.Slice(at, payloadSize));
        return at + payloadSize;
    }

    private static int WriteVarint(Span<byte> destination, ulong value)
    {
        int at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[at++] = (byte)(value | 0x80);
        }

        destination[at] = (byte)value;
        return at + 1;
    }

    /// <summary>The parts of a request, in the receive buffer.</summary>
    public ref struct RequestView
    {
        public ReadOnlySpan<byte> Service;
        public ReadOnlySpan<byte> Method;
        public ReadOnlySpan<byte> Payload;
        public long TimeoutNano;
    }
}

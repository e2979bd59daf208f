using Google.Protobuf;
using KataActors.Protocol.Agent;

namespace KataActors.Protocol.Ttrpc;

public sealed class EnvelopeSpecs
{
    [Theory]
    [InlineData("grpc.AgentService", "WaitProcess", "container", 5_000_000_000)]
    [InlineData("grpc.AgentService", "WaitProcess", "", 0)]
    [InlineData("", "", "", 1)]
    [InlineData("ünï", "cödé", "x", -1)]
    public void Should_write_what_the_generated_request_writes_when_given_the_same_fields(
        string service, string method, string id, long timeout)
    {
        var payload = new WaitProcessRequest { ContainerId = id };
        var expected = new Request { Service = service, Method = method, Payload = payload.ToByteString(), TimeoutNano = timeout };

        byte[] written = new byte[Envelope.RequestSize(service, method, payload.CalculateSize(), timeout)];
        Envelope.WriteRequest(written, service, method, payload, payload.CalculateSize(), timeout);

        Assert.Equal(expected.ToByteArray(), written);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(70_000)]
    public void Should_write_what_the_generated_response_writes_when_given_the_same_payload(int size)
    {
        var payload = new ReadStreamResponse { Data = ByteString.CopyFrom(new byte[size]) };
        byte[] written = new byte[Envelope.ResponseSize(payload.CalculateSize())];
        Envelope.WriteResponse(written, payload, payload.CalculateSize());
        Assert.Equal(new Response { Payload = payload.ToByteString() }.ToByteArray(), written);
    }

    [Fact]
    public void Should_read_a_request_when_it_carries_fields_in_any_order_and_unknown_ones()
    {
        var request = new Request { Service = "s", Method = "m", Payload = ByteString.CopyFrom(1, 2, 3), TimeoutNano = 42 };
        request.Metadata.Add(new KeyValue { Key = "k", Value = "v" });
        byte[] unknown = Convert.FromHexString("F83F01" + "F93F0102030405060708" + "FD3F01020304" + "FA3F020102");

        var view = Envelope.ReadRequest([.. unknown, .. request.ToByteArray()]);

        Assert.Equal("s"u8.ToArray(), view.Service.ToArray());
        Assert.Equal("m"u8.ToArray(), view.Method.ToArray());
        Assert.Equal([1, 2, 3], view.Payload.ToArray());
        Assert.Equal(42, view.TimeoutNano);
    }

    [Theory]
    [InlineData("0A")]
    [InlineData("0A05")]
    [InlineData("0A0573")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0AFFFFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("00")]
    [InlineData("0B0C")]
    [InlineData("F93F00")]
    [InlineData("FD3F00")]
    [InlineData("0A01FF")]
    [InlineData("FF")]
    public void Should_refuse_a_request_when_its_bytes_are_no_message(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.Throws<MalformedFrameException>(() => { Envelope.ReadRequest(bytes); });
    }

    [Fact]
    public void Should_find_the_payload_when_the_status_says_ok()
    {
        var response = new Response { Status = new Status(), Payload = ByteString.CopyFrom(7) };
        var payload = Envelope.ReadResponse(response.ToByteArray(), out var failure);
        Assert.Null(failure);
        Assert.Equal([7], payload.ToArray());
    }

    [Theory]
    [InlineData(5, StatusCode.NotFound)]
    [InlineData(16, StatusCode.Unauthenticated)]
    [InlineData(17, StatusCode.Unknown)]
    [InlineData(-1, StatusCode.Unknown)]
    public void Should_give_the_failure_when_the_status_has_a_code(int code, StatusCode expected)
    {
        var response = new Response { Status = new Status { Code = code, Message = "no \"x\"" } };
        Envelope.ReadResponse(response.ToByteArray(), out var failure);
        Assert.Equal((expected, "no \"x\""), (failure!.Code, failure.Message));
    }

    private static byte[] Varint(int value)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer))
        {
            output.WriteLength(value);
        }

        return buffer.ToArray();
    }

    [Fact]
    public void Should_shorten_the_message_when_a_peer_sends_a_huge_one()
    {
        var response = new Response { Status = new Status { Code = 13, Message = new string('x', 1_000_000) } };
        Envelope.ReadResponse(response.ToByteArray(), out var failure);
        Assert.Equal(TtrpcLimits.MaxMessageLength + 1, failure!.Message.Length);
    }

    [Theory]
    [InlineData("080D1A00", "1A00")]
    [InlineData("080D", "12025858")]
    [InlineData("080D", "1A0512034B4B4B")]
    public void Should_allocate_little_when_a_status_is_full_of_details_or_messages(string first, string repeated)
    {
        byte[] element = Convert.FromHexString(repeated);
        byte[] status = [.. Convert.FromHexString(first), .. Enumerable.Repeat(element, 4_000_000 / element.Length).SelectMany(bytes => bytes)];
        byte[] response = new Response { Status = new Status() }.ToByteArray()[..1];
        response = [.. response, .. Varint(status.Length), .. status];
        Envelope.ReadResponse([0x0A, 0x02, 0x08, 0x0D], out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Envelope.ReadResponse(response, out var failure);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.Equal(StatusCode.Internal, failure!.Code);
    }

    [Fact]
    public void Should_allocate_little_when_a_response_is_full_of_statuses()
    {
        byte[] response = [.. Enumerable.Repeat<byte[]>([0x0A, 0x02, 0x08, 0x0D], 1_000_000).SelectMany(bytes => bytes)];
        Envelope.ReadResponse(response.AsSpan(0, 4), out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Envelope.ReadResponse(response, out var failure);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.Equal(StatusCode.Internal, failure!.Code);
    }

    [Fact]
    public void Should_make_a_peers_message_printable()
    {
        byte[] response = [0x0A, 0x0C, 0x08, 0x0D, 0x12, 0x08, .. "no\n\u001b[1m"u8, 0xFF];

        Envelope.ReadResponse(response, out var failure);

        Assert.Equal("no\\n\\u001b[1m\\xff", failure!.Message);
    }

    [Theory]
    [InlineData("0A02FFFF")]
    [InlineData("0A0412055858")]
    [InlineData("0A011B")]
    [InlineData("12FF")]
    public void Should_refuse_a_response_when_its_bytes_are_no_message(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.Throws<MalformedFrameException>(() => { Envelope.ReadResponse(bytes, out _); });
    }
}

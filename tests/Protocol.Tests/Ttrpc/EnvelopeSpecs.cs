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

    [Fact]
    public void Should_shorten_the_message_when_a_peer_sends_a_huge_one()
    {
        var response = new Response { Status = new Status { Code = 13, Message = new string('x', 1_000_000) } };
        Envelope.ReadResponse(response.ToByteArray(), out var failure);
        Assert.Equal(TtrpcLimits.MaxMessageLength + 1, failure!.Message.Length);
    }

    [Theory]
    [InlineData("0A02FFFF")]
    [InlineData("12FF")]
    public void Should_refuse_a_response_when_its_bytes_are_no_message(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.Throws<MalformedFrameException>(() => { Envelope.ReadResponse(bytes, out _); });
    }
}

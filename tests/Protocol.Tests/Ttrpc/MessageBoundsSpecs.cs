using Google.Protobuf;
using Google.Protobuf.Reflection;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;

namespace KataActors.Protocol.Ttrpc;

/// <summary>The memory that the reader allocates for a frame of 4 MiB from a guest or a client.</summary>
public sealed class MessageBoundsSpecs
{
    // A frame's own bytes once, and the objects of the small rest of a message.
    private const long MostAllocated = TtrpcLimits.MaxFrameData + (2 * 1024 * 1024);

    private static readonly FileDescriptor[] s_guest = [AgentReflection.Descriptor, HealthReflection.Descriptor];

    /// <summary>Every answer of a guest and every request of a client, with each of its fields that is more than a number.</summary>
    public static TheoryData<string, string> Fields()
    {
        var data = new TheoryData<string, string>();
        foreach (var message in Untrusted())
        {
            foreach (var part in message.Fields.InDeclarationOrder().Where(part => part.FieldType is FieldType.Message or FieldType.String or FieldType.Bytes || part.IsRepeated))
            {
                data.Add(message.FullName, part.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void Should_bound_what_is_allocated_when_a_frame_is_full_of_one_field(string message, string field)
    {
        var descriptor = Untrusted().First(candidate => candidate.FullName == message);
        foreach (byte[] element in Elements(descriptor.FindFieldByName(field)))
        {
            byte[] payload = [.. Enumerable.Repeat(element, TtrpcLimits.MaxFrameData / element.Length).SelectMany(bytes => bytes)];
            TryParse(descriptor, payload[..element.Length]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool parsed = TryParse(descriptor, payload);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.False(parsed);
            Assert.InRange(allocated, 0, MostAllocated);
        }
    }

    [Theory]
    [InlineData("grpc.ReadStreamResponse")]
    [InlineData("kataactors.v1.CreateRequest")]
    [InlineData("kataactors.v1.UpdateRequest")]
    [InlineData("kataactors.v1.WriteInputRequest")]
    public void Should_read_a_message_when_only_its_payload_is_large(string message)
    {
        var descriptor = Untrusted().First(candidate => candidate.FullName == message);
        var bulk = descriptor.FindFieldByNumber(BulkOf(descriptor).BulkField);
        byte[] payload = Element(bulk, new byte[TtrpcLimits.MaxFrameData - 100]);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(TryParse(descriptor, payload));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, payload.Length - 100, MostAllocated);
    }

    [Fact]
    public void Should_take_a_message_of_any_fields_when_it_is_small()
    {
        byte[] handler = Element(AgentDetails.Descriptor.FindFieldByName("storage_handlers"), []);
        byte[] handlers = [.. Enumerable.Repeat(handler, 1000).SelectMany(bytes => bytes)];

        default(MessageBounds).Check(handlers);
    }

    private static IEnumerable<MessageDescriptor> Untrusted() =>
    [
        .. s_guest.SelectMany(file => file.Services).SelectMany(service => service.Methods).Select(method => method.OutputType),
        .. ControlReflection.Descriptor.Services.SelectMany(service => service.Methods).Select(method => method.InputType),
    ];

    private static MessageBounds BulkOf(MessageDescriptor message) => message.Name switch
    {
        nameof(ReadStreamResponse) => new(ReadStreamResponse.DataFieldNumber),
        nameof(CreateRequest) => new(CreateRequest.SpecFieldNumber),
        nameof(UpdateRequest) => new(UpdateRequest.ResourcesFieldNumber),
        nameof(WriteInputRequest) => new(WriteInputRequest.DataFieldNumber),
        _ => default,
    };

    // The shortest encodings that become an object each.
    private static IEnumerable<byte[]> Elements(FieldDescriptor field) => field.FieldType == FieldType.Message
        ? [Element(field, []), .. field.MessageType.Fields.InDeclarationOrder().Where(inner => inner.FieldType is FieldType.String or FieldType.Bytes).Select(inner => Element(field, Element(inner, [0x41])))]
        : [Element(field, [0x41])];

    private static byte[] Element(FieldDescriptor field, byte[] value)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer))
        {
            output.WriteTag(field.FieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
        }

        return buffer.ToArray();
    }

    private static bool TryParse(MessageDescriptor descriptor, byte[] payload)
    {
        try
        {
            return (bool)typeof(MessageBoundsSpecs).GetMethod(nameof(Parses), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                .MakeGenericMethod(descriptor.ClrType).Invoke(null, [descriptor.Parser, payload, BulkOf(descriptor)])!;
        }
        catch (System.Reflection.TargetInvocationException e) when (e.InnerException is TtrpcException)
        {
            return false;
        }
    }

    private static bool Parses<T>(MessageParser<T> parser, byte[] payload, MessageBounds bounds)
        where T : IMessage<T>
    {
        bounds.Check(payload);
        return parser.WithDiscardUnknownFields(true).ParseFrom(payload) is not null;
    }
}

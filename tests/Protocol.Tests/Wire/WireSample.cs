using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Protocol.Wire;

/// <summary>All message types of the .proto files, and a value of each with every field set.</summary>
internal static class WireSample
{
    private static readonly FileDescriptor[] s_files =
    [
        AgentReflection.Descriptor, TypesReflection.Descriptor, HealthReflection.Descriptor, OciReflection.Descriptor,
        ControlReflection.Descriptor, TtrpcReflection.Descriptor,
    ];

    public static IEnumerable<MessageDescriptor> Types => s_files.SelectMany(file => file.MessageTypes).SelectMany(WithNested);

    public static IEnumerable<ServiceDescriptor> Services => s_files.SelectMany(file => file.Services);

    /// <summary>Fields take values that follow from their numbers; repeated fields and maps have two entries.</summary>
    public static IMessage Filled(MessageDescriptor type)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (field.IsMap)
            {
                var map = (System.Collections.IDictionary)field.Accessor.GetValue(message);
                map[$"key{field.FieldNumber}"] = Value(field.MessageType.FindFieldByNumber(2), 0);
                map[$"other{field.FieldNumber}"] = Value(field.MessageType.FindFieldByNumber(2), 1);
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                list.Add(Value(field, 0));
                list.Add(Value(field, 1));
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, 0));
            }
        }

        return message;
    }

    private static IEnumerable<MessageDescriptor> WithNested(MessageDescriptor type) =>
        type.NestedTypes.Where(nested => !IsMapEntry(nested)).SelectMany(WithNested).Prepend(type);

    private static bool IsMapEntry(MessageDescriptor type) => type.ToProto().Options?.MapEntry ?? false;

    private static object Value(FieldDescriptor field, int index)
    {
        int number = field.FieldNumber + (1000 * index);
        return field.FieldType switch
        {
            FieldType.String => $"{field.Name}{index}",
            FieldType.Bytes => ByteString.CopyFrom(1, 2, (byte)number),
            FieldType.Bool => true,
            FieldType.Int32 => -number,
            FieldType.Int64 => -1L - number - ((long)int.MaxValue << 8),
            FieldType.UInt32 => uint.MaxValue - (uint)number,
            FieldType.UInt64 => ulong.MaxValue - (ulong)number,
            FieldType.Enum => System.Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[^1].Number),
            FieldType.Message when field.MessageType.FullName == Any.Descriptor.FullName => Any.Pack(new CheckRequest { Service = "any" }),
            FieldType.Message => Filled(field.MessageType),
            _ => throw new NotSupportedException($"{field.FullName} is of type {field.FieldType}"),
        };
    }
}

using System.Collections.Frozen;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Persistence;

/// <summary>
/// Serializes the messages of <c>journal.proto</c> as plain protobuf, with the message's full name as manifest. A new message in that file needs no
/// change here.
/// </summary>
public sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Name in the configuration.</summary>
    public const string ConfigurationName = "kata-journal";

    private const int Number = 1701;

    private static readonly FrozenDictionary<string, MessageParser> s_parsers =
        JournalReflection.Descriptor.MessageTypes.ToFrozenDictionary(type => type.FullName, type => type.Parser);

    /// <summary>The types of events and persistence snapshots.</summary>
    public static IReadOnlyList<Type> Types { get; } = [.. JournalReflection.Descriptor.MessageTypes.Select(type => type.ClrType)];

    /// <inheritdoc/>
    public override int Identifier => Number;

    /// <inheritdoc/>
    public override string Manifest(object o) => Message(o).Descriptor.FullName;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => Message(obj).ToByteArray();

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        s_parsers.TryGetValue(manifest, out var parser)
            ? parser.ParseFrom(bytes)
            : throw new ArgumentException($"journal: no event is called \"{manifest}\"; it was written by a newer version", nameof(manifest));

    private static IMessage Message(object message) =>
        message is IMessage known && s_parsers.ContainsKey(known.Descriptor.FullName)
            ? known
            : throw new ArgumentException($"journal: \"{message.GetType()}\" is not one of its events", nameof(message));
}

using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using KataActors.Linux;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The copy of a sandbox's record in its run directory: the events that lead to it, and after them the events of later steps. Each step ends with the
/// journal's number of its last event, so a daemon knows which of the two is ahead. There is no fsync(2): the death of the daemon loses nothing that was
/// written, and a crash of the host ends the VM too.
/// </summary>
internal static class RecordCopy
{
    private const string FileName = "record";
    private const uint FileMode = 0b110_000_000;
    private const int MostBytes = 64 * 1024 * 1024;
    private const int LeastRoom = 64 * 1024;

    private static readonly TypeRegistry s_parts = TypeRegistry.FromFiles(JournalReflection.Descriptor, WrappersReflection.Descriptor);

    /// <summary>Writes the whole copy atomically. Returns the bytes that may be appended: as many again, and not few.</summary>
    /// <param name="directory">The run directory.</param>
    /// <param name="record">The record.</param>
    /// <param name="sequence">The journal's number of the last event.</param>
    /// <exception cref="LinuxException">The copy cannot be written; ENOENT when the directory is missing.</exception>
    public static long Write(string directory, SandboxRecord record, long sequence)
    {
        var path = Path.Combine(directory, FileName);
        var content = StepOf(Restatement.Of(record), sequence);
        if (content.Length > MostBytes)
        {
            // A missing copy is better than an outdated one.
            Remove(directory);
            throw new LinuxException(Errno.EFBIG, "write", path);
        }

        RegularFile.Replace(path, content, FileMode);
        return Math.Min(MostBytes - content.Length, Math.Max(LeastRoom, content.Length));
    }

    /// <summary>Adds a step to the copy.</summary>
    /// <exception cref="LinuxException">It cannot be written, and a part of it may be; ENOENT when there is no copy.</exception>
    public static void Append(string directory, ReadOnlySpan<byte> step)
    {
        using var file = RegularFile.Open(Path.Combine(directory, FileName), OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.NoFollow);
        BlockingStreams.Write(file, step);
    }

    /// <summary>Removes the copy, if there is one.</summary>
    public static void Remove(string directory) => FileNames.TryRemove(Path.Combine(directory, FileName));

    /// <summary>A step, as it stands in the copy.</summary>
    /// <param name="events">Its events.</param>
    /// <param name="sequence">The journal's number of the last of them.</param>
    public static byte[] StepOf(ImmutableArray<IMessage> events, long sequence)
    {
        using var content = new MemoryStream();
        foreach (var part in events.Append(new Int64Value { Value = sequence }))
        {
            Any.Pack(part).WriteDelimitedTo(content);
        }

        return content.ToArray();
    }

    /// <summary>Reads the copy in a directory; null for none. A last step that is incomplete does not count.</summary>
    /// <exception cref="InvalidDataException">The copy is damaged.</exception>
    /// <exception cref="LinuxException">The copy cannot be read, belongs to another user, or its existence is unknown.</exception>
    public static Content? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return FileStatus.TryOf(path) is null ? null : Parse(path, RegularFile.ReadOwn(path, MostBytes));
    }

    private static Content Parse(string path, byte[] content)
    {
        var steps = new Content(SandboxRecord.Empty, 0);
        try
        {
            using var parts = new CodedInputStream(content);
            var step = steps.Record;
            while (!parts.IsAtEnd)
            {
                var part = new Any();
                parts.ReadMessage(part);
                switch (part.Unpack(s_parts))
                {
                    case Int64Value sequence:
                        steps = new Content(step, sequence.Value);
                        break;
                    case { } e:
                        step = step.Apply(e);
                        break;
                    default:
                        throw new FormatException("an event is unknown");
                }
            }

            // An older daemon wrote no number.
            steps = steps.Record.Exists ? steps : new Content(step, 0);
        }
        catch (InvalidProtocolBufferException) when (steps.Record.Exists)
        {
            // The daemon died, or the file system was full, during the last step.
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException or ArgumentException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException($"record \"{path}\" is damaged: {e.Message}", e);
        }

        return steps.Record.Exists ? steps : throw new InvalidDataException($"record \"{path}\" is damaged: it says nothing");
    }

    /// <summary>What a copy says.</summary>
    /// <param name="Record">The record.</param>
    /// <param name="Sequence">The journal's number of its last event; 0 when that is not known.</param>
    public sealed record Content(SandboxRecord Record, long Sequence);
}

using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using KataActors.Linux;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The copy of a sandbox's record in its run directory, for a daemon that cannot read the journal. It is written after the events of each step,
/// without fsync(2): the death of the daemon loses nothing, and a crash of the host ends the VM too. It may be a few events behind the journal; only
/// a sandbox without its journal writes it ahead.
/// </summary>
internal static class RecordCopy
{
    private const string FileName = "record";
    private const uint FileMode = 0b110_000_000;
    private const int MostBytes = 64 * 1024 * 1024;

    private static readonly TypeRegistry s_events = TypeRegistry.FromFiles(JournalReflection.Descriptor);

    /// <summary>Writes the copy atomically.</summary>
    /// <exception cref="LinuxException">The copy cannot be written; ENOENT when the directory is missing.</exception>
    public static void Write(string directory, SandboxRecord record)
    {
        using var content = new MemoryStream();
        foreach (var e in Restatement.Of(record))
        {
            Any.Pack(e).WriteDelimitedTo(content);
        }

        var path = Path.Combine(directory, FileName);
        if (content.Length > MostBytes)
        {
            // A missing copy is better than an outdated one.
            FileNames.TryRemove(path);
            throw new LinuxException(Errno.EFBIG, "write", path);
        }

        RegularFile.Replace(path, content.GetBuffer().AsSpan(0, (int)content.Length), FileMode);
    }

    /// <summary>Reads the copy in a directory; null for none.</summary>
    /// <exception cref="InvalidDataException">The copy is damaged.</exception>
    /// <exception cref="LinuxException">The copy cannot be read, belongs to another user, or its existence is unknown.</exception>
    public static SandboxRecord? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return FileStatus.TryOf(path) is null ? null : Parse(path, RegularFile.ReadOwn(path, MostBytes));
    }

    private static SandboxRecord Parse(string path, byte[] content)
    {
        try
        {
            using var events = new MemoryStream(content);
            var record = SandboxRecord.Empty;
            while (events.Position < events.Length)
            {
                record = record.Apply(Any.Parser.ParseDelimitedFrom(events).Unpack(s_events) ?? throw new FormatException("an event is unknown"));
            }

            return record.Exists ? record : throw new FormatException("it says nothing");
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException or ArgumentException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException($"record \"{path}\" is damaged: {e.Message}", e);
        }
    }
}

using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using KataActors.Linux;
using KataActors.Runtime.Persistence;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The record of a sandbox in its run directory, for a daemon that cannot read the journal. It is written after each event, without fsync(2): a process that
/// dies loses nothing by that, and with the host the VM is gone, too. It may be one event behind the journal, never before it.
/// </summary>
internal static class RecordCopy
{
    private const string FileName = "record";
    private const uint FileMode = 0b110_000_000;
    private const int MostBytes = 64 * 1024 * 1024;

    private static readonly TypeRegistry s_events = TypeRegistry.FromFiles(JournalReflection.Descriptor);

    /// <summary>Puts it into a directory, whole or not at all.</summary>
    /// <exception cref="LinuxException">It cannot be written; ENOENT when the directory is not there.</exception>
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
            // No copy is better than an old one.
            FileNames.TryRemove(path);
            throw new LinuxException(Errno.EFBIG, "write", path);
        }

        var unfinished = path + "~";
        RegularFile.Write(unfinished, content.GetBuffer().AsSpan(0, (int)content.Length), FileMode);
        FileNames.Rename(unfinished, path);
    }

    /// <summary>The record in a directory; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="LinuxException">It cannot be read, is another user's, or it cannot be said whether there is one.</exception>
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

using System.Text.Json;
using Akka.Event;
using KataActors.Linux;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The <see cref="RecordCopy"/> and the <see cref="SandboxNote"/> of one sandbox. No failure is an exception: it is logged, or returned.</summary>
/// <param name="registration">The sandbox.</param>
/// <param name="directory">Its run directory.</param>
/// <param name="log">Its log.</param>
internal sealed class SandboxCopy(SandboxRegistration registration, string directory, ILoggingAdapter log)
{
    private string _problem = "";

    /// <summary>Whether the last read failed for a reason that may pass, such as missing descriptors.</summary>
    public bool MayBeReadLater { get; private set; }

    /// <summary>The note, as far as it was read.</summary>
    public SandboxNote? Note { get; private set; }

    /// <summary>Reads the copy; null when there is none that can be used.</summary>
    public SandboxRecord? TryRead()
    {
        MayBeReadLater = false;
        try
        {
            return RecordCopy.TryRead(directory) is { } record && record.Uuid == registration.Uuid ? record : null;
        }
        catch (Exception e) when (e is LinuxException or InvalidDataException)
        {
            MayBeReadLater = e is LinuxException;
            log.Warning("what the run directory holds of the sandbox cannot be used: {0}", e.Message);
            return null;
        }
    }

    /// <summary>Reads the note, unless it was read before; a damaged one is ignored. Returns why its content is unknown; null when it is not.</summary>
    public string? ReadNote()
    {
        try
        {
            Note ??= SandboxNote.TryRead(directory);
            return null;
        }
        catch (LinuxException e)
        {
            return e.Message;
        }
        catch (JsonException e)
        {
            log.Warning("what the run directory says of the sandbox is damaged; its own uuid and the usual cgroups are taken: {0}", e.Message);
            return null;
        }
    }

    /// <summary>Writes the copy. A removal removes the run directory: its later events are not copied.</summary>
    /// <param name="record">The record after the events.</param>
    /// <param name="before">The record before them.</param>
    public void Write(SandboxRecord record, SandboxRecord before)
    {
        if (!record.Exists || before.Deleting || record.Deleted)
        {
            return;
        }

        var problem = "";
        try
        {
            RecordCopy.Write(directory, record);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // The directory does not exist yet, or has gone with a pool VM.
        }
        catch (LinuxException e)
        {
            problem = e.Message;
        }

        if (problem.Length > 0 && problem != _problem)
        {
            log.Warning("a daemon that cannot read the journal will not know the last of the sandbox: {0}", problem);
        }

        _problem = problem;
    }
}

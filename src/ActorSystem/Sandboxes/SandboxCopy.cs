using System.Collections.Immutable;
using System.Text.Json;
using Akka.Event;
using Google.Protobuf;
using KataActors.Linux;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The <see cref="RecordCopy"/> and the <see cref="SandboxNote"/> of one sandbox. No failure is an exception: it is logged, or returned.</summary>
/// <param name="registration">The sandbox.</param>
/// <param name="directory">Its run directory.</param>
/// <param name="log">Its log.</param>
internal sealed class SandboxCopy(SandboxRegistration registration, string directory, ILoggingAdapter log)
{
    private string _problem = "";

    // Bytes for further steps in the file; 0 when the file lacks an event.
    private long _room;

    /// <summary>Whether the last read failed for a reason that may pass, such as missing descriptors.</summary>
    public bool MayBeReadLater { get; private set; }

    /// <summary>Whether the last read failed for lack of descriptors or memory.</summary>
    public bool LacksMeans { get; private set; }

    /// <summary>The note, as far as it was read.</summary>
    public SandboxNote? Note { get; private set; }

    /// <summary>Reads the copy; null when there is none that can be used.</summary>
    public RecordCopy.Content? TryRead()
    {
        (MayBeReadLater, LacksMeans) = (false, false);
        try
        {
            return RecordCopy.TryRead(directory) is { } copy && copy.Record.Uuid == registration.Uuid ? copy : null;
        }
        catch (Exception e) when (e is LinuxException or InvalidDataException)
        {
            MayBeReadLater = e is LinuxException;
            LacksMeans = e is LinuxException { Errno: var number } && Errno.IsShortage(number);
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

    /// <summary>Says that the copy lacks an event, until it is written again.</summary>
    public void Outdate() => _room = 0;

    /// <summary>Writes the copy. A removal removes the run directory: its later events are not copied. False after a failure.</summary>
    /// <param name="record">The record after the events.</param>
    /// <param name="before">The record before them.</param>
    /// <param name="sequence">The journal's number of the last event.</param>
    public bool TryWrite(SandboxRecord record, SandboxRecord before, long sequence)
    {
        Outdate();
        return !record.Exists || before.Deleting || record.Deleted || Try(() => _room = RecordCopy.Write(directory, record, sequence));
    }

    /// <summary>Adds the events of a step to the copy. False when they are not in it; it is to be written again then.</summary>
    /// <param name="events">The events.</param>
    /// <param name="sequence">The journal's number of the last of them.</param>
    public bool TryAppend(ImmutableArray<IMessage> events, long sequence)
    {
        var room = _room;
        Outdate();
        if (room == 0)
        {
            return false;
        }

        var step = RecordCopy.StepOf(events, sequence);
        return step.Length < room && Try(() =>
        {
            RecordCopy.Append(directory, step);
            _room = room - step.Length;
        });
    }

    /// <summary>Removes the copy.</summary>
    public void Remove() => Try(() => RecordCopy.Remove(directory));

    private bool Try(Action write)
    {
        try
        {
            write();
            _problem = "";
            return true;
        }
        catch (LinuxException e)
        {
            // ENOENT: the directory does not exist yet, or has gone with a pool VM.
            if (e.Errno != Errno.ENOENT && e.Message != _problem)
            {
                _problem = e.Message;
                log.Warning("a daemon that cannot read the journal will not know the last of the sandbox: {0}", _problem);
            }

            return false;
        }
    }
}

using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The copy of the record in the run directory, and life without a readable journal.
internal sealed partial class SandboxActor
{
    private const string NoJournal = "akka.persistence.journal.inmem";
    private const string NoSnapshots = "akka.persistence.snapshot-store.inmem";

    private string _copyProblem = "";
    private bool _copyUnseen;

    // The journal's plugin may fail to start.
    private void StayOffTheJournal() => (JournalPluginId, SnapshotPluginId) = (NoJournal, NoSnapshots);

    private void BeginUnread()
    {
        if (ReadCopy() is { } record)
        {
            _state = _state with { Record = record };
            Recover();
        }
        else
        {
            Context.Parent.Tell(new SandboxUnread(_registration.Uuid));
            Become(WithoutRecord);
        }

        AwaitJournal();
    }

    // The copy may have been unreadable for a passing reason, such as missing descriptors.
    private void LookForCopyAgain()
    {
        if (_copyUnseen && _state.Operations.IsEmpty && _pending is null)
        {
            Become(OnCommand);
            BeginUnread();
        }
    }

    private SandboxRecord? ReadCopy()
    {
        _copyUnseen = false;
        try
        {
            return RecordCopy.TryRead(_runDirectory) is { } record && record.Uuid == _registration.Uuid ? record : null;
        }
        catch (Exception e) when (e is LinuxException or InvalidDataException)
        {
            _copyUnseen = e is LinuxException;
            _log.Warning("what the run directory holds of the sandbox cannot be used: {0}", e.Message);
            return null;
        }
    }

    // Before any consequence of the record. A removal removes the run directory, so its later events are not copied.
    private void CopyRecord(bool wasDeleting)
    {
        var record = _state.Record;
        if (!record.Exists || wasDeleting || record.Deleted)
        {
            return;
        }

        var problem = "";
        try
        {
            RecordCopy.Write(_runDirectory, record);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // The directory does not exist yet, or has gone with a pool VM.
        }
        catch (LinuxException e)
        {
            problem = e.Message;
        }

        if (problem.Length > 0 && problem != _copyProblem)
        {
            _log.Warning("a daemon that cannot read the journal will not know the last of the sandbox: {0}", problem);
        }

        _copyProblem = problem;
    }
}

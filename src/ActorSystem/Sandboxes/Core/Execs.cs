using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Decides on the added processes of containers without an operation that waits for the news.</summary>
internal static class Execs
{
    private const int Killed = 137;
    private const int NotRun = 255;

    /// <summary>Records the end of a process, unless it is on record or the process is not.</summary>
    public static void Record(ExecEnded ended, Turn turn)
    {
        if (Find(ended.Container, ended.Process, turn) is { Exit: null })
        {
            turn.Persist(new ExecExited { Container = ended.Container, Id = ended.Process, ExitCode = ended.Code, Reason = ended.Reason });
        }
    }

    /// <summary>Begins the removal of a process, or lets the one under way take it off the record.</summary>
    public static void Remove(ExecLeft left, Turn turn)
    {
        if (turn.Operations.OfType<RemoveExec>().FirstOrDefault(removal => removal.IsOf(left.Container, left.Process)) is { } underWay)
        {
            turn.Advance(underWay.Id, left);
        }
        else if (Find(left.Container, left.Process, turn) is not null)
        {
            turn.Begin(id => new RemoveExec(id, left.Container, left.Process) { HasLeft = true });
        }
    }

    /// <summary>After the end of the VM: all processes have ended.</summary>
    public static void EndAll(string container, string reason, Turn turn)
    {
        foreach (var id in turn.Record.Containers[container].Execs.Keys.Order(StringComparer.Ordinal))
        {
            Record(new ExecEnded(container, id, Killed, reason), turn);
        }
    }

    /// <summary>
    /// Goes on with what a crash has interrupted: a start is asked for again, and the guest answers with the outcome of the first call, or runs the
    /// process now; so it runs once, whoever asks again. A process that could not be run is removed from the guest.
    /// </summary>
    public static void Resume(Turn turn)
    {
        foreach (var (container, exec) in Unstarted(turn).Where(process => !turn.Operations.Any(operation => IsOf(operation, process.Container, process.Exec.Id))).ToArray())
        {
            turn.Begin(id => exec.Exit is null ? new ExecProcess(id, container, exec, []) : new RemoveExec(id, container, exec.Id));
        }
    }

    /// <summary>
    /// Gives up the starts that a crash has interrupted, because their requesters get an error now: nothing is to run later, when the agent answers.
    /// </summary>
    public static void GiveUp(Turn turn)
    {
        foreach (var (container, exec) in Unstarted(turn).Where(process => process.Exec.Exit is null).ToArray())
        {
            GiveUp(container, exec.Id, $"cannot exec in container \"{container}\": the agent does not answer", turn);
        }
    }

    /// <summary>Removes a process that could not be run, or may run without a requester. It is recorded before: it must not be run again after a crash.</summary>
    public static void GiveUp(string container, string process, string reason, Turn turn)
    {
        Record(new ExecEnded(container, process, NotRun, reason), turn);
        if (Find(container, process, turn) is not null)
        {
            turn.Begin(id => new RemoveExec(id, container, process));
        }
    }

    /// <summary>A process on record; null for none.</summary>
    public static ExecRecord? Find(string container, string process, Turn turn) =>
        turn.Record.Containers.GetValueOrDefault(container)?.Execs.GetValueOrDefault(process);

    private static IEnumerable<(string Container, ExecRecord Exec)> Unstarted(Turn turn) => turn.Record.Containers.Values
        .OrderBy(container => container.Key.Id, StringComparer.Ordinal)
        .SelectMany(container => container.Execs.Values.Where(exec => !exec.IsStarted).OrderBy(exec => exec.Id, StringComparer.Ordinal).Select(exec => (container.Key.Id, exec)));

    private static bool IsOf(Operation operation, string container, string process) => operation switch
    {
        ExecProcess exec => exec.IsOf(container, process),
        RemoveExec removal => removal.IsOf(container, process),
        _ => false,
    };
}

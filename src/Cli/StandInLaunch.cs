using System.Runtime.InteropServices;
using KataActors.Cli.Bundles;
using KataActors.Cli.Terminals;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

/// <summary>
/// The life of a stand-in within the command that starts it: it is spawned and waits, the daemon makes the process that it stands for, it is released,
/// and the pid file is written. A failure takes all of that back.
/// </summary>
/// <param name="context">The command.</param>
/// <param name="process">The process that the stand-in stands for.</param>
/// <param name="terminal">The caller's side of its terminal, or null.</param>
/// <param name="takeBack">Asks the daemon for the end of a process that it has made.</param>
internal sealed class StandInLaunch(CommandContext context, ContainerProcess process, CallerTerminal? terminal, Action takeBack)
{
    /// <summary>
    /// Spawns the stand-in, in the given network namespace or in the caller's, with the files that <paramref name="view"/> shows, and makes its process. Null,
    /// and nothing is left of the stand-in, when <paramref name="make"/> says that there is no process. The caller disposes the handle, which does not touch
    /// the stand-in.
    /// </summary>
    public StandInProcess? Begin(SafeHandle? networkNamespace, ContainerView view, Func<StandInProcess, bool> make)
    {
        var standIn = StandInProcess.Spawn(context.Global, process, networkNamespace, view.Namespace, terminal);
        context.Log?.Debug($"the stand-in of {process} is process {standIn.Identity.Pid}");
        try
        {
            standIn.WaitUntilReady();
            if (make(standIn))
            {
                return standIn;
            }
        }
        catch
        {
            End(standIn);
            throw;
        }

        End(standIn);
        return null;
    }

    /// <summary>Gives the caller the terminal, lets the stand-in attend its process, and tells the caller its pid.</summary>
    public void Release(StandInProcess standIn, PidFile? pidFile)
    {
        try
        {
            terminal?.Deliver();
            standIn.Release();
            pidFile?.Write(standIn.Identity.Pid);
        }
        catch
        {
            Undo(standIn);
            standIn.Dispose();
            throw;
        }
    }

    /// <summary>Ends the process and its stand-in as compensation; failures of the daemon are only logged.</summary>
    public void Undo(StandInProcess standIn)
    {
        try
        {
            takeBack();
        }
        catch (Exception failure) when (failure is TtrpcException or CommandFailure)
        {
            context.Log?.Warning($"{process} could not be removed: {failure.Message}");
        }

        standIn.KillAndReap();
    }

    private static void End(StandInProcess standIn)
    {
        standIn.KillAndReap();
        standIn.Dispose();
    }
}

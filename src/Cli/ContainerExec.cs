using Google.Protobuf;
using KataActors.Cli.Bundles;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Cli.Terminals;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

/// <summary>
/// The steps of <c>exec</c>, in this order: all checks that leave no trace; look at the container; start the stand-in; let the daemon add the process;
/// release the stand-in; write the pid file. A failure undoes the earlier steps. When the daemon dies in between, its successor gets the same request.
/// </summary>
/// <param name="context">The command.</param>
/// <param name="id">The container.</param>
/// <param name="processFile">A file with the whole process; null: the container's first process, changed.</param>
/// <param name="change">The change of the container's first process; unused with a file.</param>
/// <param name="pidFilePath">The caller's pid file, or null.</param>
/// <param name="terminalFlags">How the caller wants to have a terminal.</param>
/// <param name="waitsForResume">Whether it waits while the container is paused.</param>
internal sealed class ContainerExec(
    CommandContext context, ContainerId id, string? processFile, ProcessChange change, string? pidFilePath, TerminalFlags terminalFlags, bool waitsForResume) : IDisposable
{
    private static readonly TimeSpan s_resumeLook = TimeSpan.FromMilliseconds(200);

    private readonly ContainerRef _container = context.Reference(id);
    private CallerTerminal? _terminal;

    /// <summary>Adds the process. The caller disposes the stand-in's handle, which does not touch the stand-in.</summary>
    /// <exception cref="CommandFailure">It could not be added, and nothing of it is left.</exception>
    public StandInProcess Run()
    {
        CallerRights.DemandRoot("exec");
        CallerRights.DemandInitialPidNamespace("exec");
        var given = processFile is null ? null : ProcessDocument.Read(processFile);
        if (change.Terminal && given is { Spec.Terminal: false })
        {
            throw new CommandFailure($"--process \"{processFile}\": process.terminal is false, but a terminal is asked for");
        }

        var pidFile = pidFilePath is null ? null : PidFile.Prepare(pidFilePath);
        AwaitResume();
        var document = given ?? Changed(Look().Bundle);
        if (given is not null)
        {
            context.WarnOf(id, PassedOver.List(given.Spec));
        }

        while (true)
        {
            try
            {
                return Launch(document, pidFile);
            }
            catch (TtrpcException failure) when (waitsForResume && failure.Code == StatusCode.Aborted)
            {
                // It was paused since the look; nothing of the process is left.
                _terminal?.Dispose();
                Thread.Sleep(s_resumeLook);
                AwaitResume();
            }
        }
    }

    /// <summary>Restores the caller's terminal.</summary>
    public void Dispose() => _terminal?.Dispose();

    // As long as the pause lasts, as runc's process does, which is frozen with the others.
    private void AwaitResume()
    {
        while (waitsForResume && Look().Status == "paused")
        {
            Thread.Sleep(s_resumeLook);
        }
    }

    private Container Look()
    {
        using var daemon = context.Daemon(Deadlines.Query);
        return daemon.Call(connection => ContainerRequests.State(connection, _container));
    }

    private StandInProcess Launch(ProcessDocument document, PidFile? pidFile)
    {
        _terminal = CallerTerminal.Open(terminalFlags, document.Spec);
        using var daemon = context.Daemon(Deadlines.Change);
        document = _terminal?.Size is { } size ? ProcessDocument.Of(document.Spec with { ConsoleSize = size }) : document;
        var process = new ContainerProcess(_container, Guid.NewGuid().ToString("N"));
        var launch = new StandInLaunch(context, process, _terminal, () => TakeBack(process));
        using var view = ContainerView.Empty();
        var standIn = launch.Begin(networkNamespace: null, view, waiting =>
        {
            // The stand-in has seen the terminal as it was.
            _terminal?.Attend();
            return Add(daemon, process, document, waiting);
        })!;
        launch.Release(standIn, pidFile);
        return standIn;
    }

    // What only the flags ask for in vain is shown on stderr too: a person may have written them.
    private ProcessDocument Changed(string bundle)
    {
        var first = Bundle.Read(bundle).Spec.Process!;
        var changed = ProcessDocument.Of(change.Apply(first));
        var before = PassedOver.List(first);
        context.WarnOf(id, before);
        foreach (var item in PassedOver.List(changed.Spec).Except(before))
        {
            ErrorReport.Warn(item, context.Log);
        }

        return changed;
    }

    private static bool Add(DaemonSession daemon, ContainerProcess process, ProcessDocument document, StandInProcess standIn)
    {
        var request = new ExecRequest
        {
            Container = process.Container,
            Process = process.Id,
            Spec = UnsafeByteOperations.UnsafeWrap(document.Json),
            StandIn = standIn.Reference,
        };
        try
        {
            daemon.Call(connection => connection.Call(ControlServiceNames.Exec, request, ExecResponse.Parser, Deadlines.Change));
            return true;
        }
        catch (TtrpcException failure) when (failure.Code is not (StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.Aborted))
        {
            // Not the container's state but the process itself: runc's words, which callers look for.
            throw new CommandFailure($"unable to start container process: {failure.Message}", cause: failure);
        }
    }

    private void TakeBack(ContainerProcess process)
    {
        using var daemon = context.Daemon(Deadlines.Change);
        ContainerRequests.Kill(daemon, new KillRequest { Container = process.Container, Process = process.Id, Signal = Signals.SIGKILL });
    }
}

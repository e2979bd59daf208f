using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.StandIn;

/// <summary>
/// The process that is a container's process to its caller: its stdio are that process's, signals sent to it reach that process, and it ends with that
/// process's exit code. It is a program of its own because it lives as long as the process and should be small. It holds the only offsets of the
/// streams, so it continues without loss after the daemon's absence.
/// <code>
/// ready -> released -> copying -> exited -> drained -> end with the exit code
///             |            process unknown: 137
///             command gone: end
/// </code>
/// </summary>
internal sealed class ContainerStandIn(string address, ContainerProcess process, StdioKind stdio)
{
    private const int ReadyDescriptor = 3;
    private const int ReleaseDescriptor = 4;
    private const int MountNamespaceDescriptor = 5;
    private const int TerminalDescriptor = 6;
    private const int KilledExitCode = 128 + Signals.SIGKILL;
    private const int ExitCodeMask = 0xff;
    private static readonly TimeSpan s_entryDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_drainCheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_drainSilence = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs the stand-in; the result is the exit code. The calling thread, the process's main thread, goes into the mount namespace that shows the container's
    /// files, and then only waits: threads that it started would see these, too. All work is done by threads that see the host's, because they reach the
    /// daemon by paths and may start it.
    /// </summary>
    public int Run()
    {
        var code = CommandFailure.Failed;
        using var entered = new ManualResetEventSlim();
        var work = StandInThread.Start("main", () =>
        {
            if (entered.Wait(s_entryDeadline))
            {
                code = Work();
            }
        });
        using (var files = new SafeFileHandle(MountNamespaceDescriptor, ownsHandle: true))
        {
            ProcessImage.Enter(files, NamespaceKinds.Mount);
        }

        entered.Set();
        work.Join();
        return code;
    }

    private int Work()
    {
        using var signals = new SignalReader(SignalReader.Forwardable);
        using var terminal = stdio == StdioKind.Streams ? null : new SafeFileHandle(TerminalDescriptor, ownsHandle: true);
        if (stdio == StdioKind.Console)
        {
            // From now on its changes of size and its hang-up are signals to this process; not when it is the terminal of another session.
            _ = Terminal.TryTakeControl(terminal!);
        }

        using var command = new SafeFileHandle(ReleaseDescriptor, ownsHandle: true);
        var watch = stdio == StdioKind.CommandTerminal ? new CommandWatch(command, terminal!, process) : null;
        Tell(ReadyDescriptor);
        if (!WaitForRelease(command))
        {
            return CommandFailure.Failed;
        }

        if (watch is null)
        {
            command.Dispose();
        }

        return Stand(signals, terminal, watch) & ExitCodeMask;
    }

    private static void Tell(int number)
    {
        using var pipe = new SafeFileHandle(number, ownsHandle: true);
        BlockingStreams.Write(pipe, [1]);
    }

    private static bool WaitForRelease(SafeFileHandle pipe) => BlockingStreams.Read(pipe, new byte[1]) == 1;

    private int Stand(SignalReader signals, SafeFileHandle? terminal, CommandWatch? watch)
    {
        var link = new DaemonLink(new DaemonConnector(address), Thread.Sleep);
        var output = new OutputPump(link, process, OutputStream.Stdout, 1, closes: stdio == StdioKind.Streams);
        var errors = new OutputPump(link, process, OutputStream.Stderr, 2, closes: stdio == StdioKind.Streams);
        output.Start();
        errors.Start();
        new InputPump(link, process, closesInput: stdio != StdioKind.CommandTerminal).Start();
        new SignalForwarder(link, process, signals, terminal).Start();
        watch?.Start(link);
        var code = KilledExitCode;
        try
        {
            code = WaitForExit(link);
            Drain(link, output, errors);
        }
        catch (TtrpcException)
        {
            // The process is unknown. Without an exit before, the caller sees it as killed.
        }

        return code;
    }

    private int WaitForExit(DaemonLink link)
    {
        var request = new WaitRequest { Container = process.Container, Process = process.Id, WaitMs = (uint)Deadlines.LongPoll.TotalMilliseconds };
        while (true)
        {
            var response = link.Call(daemon => daemon.Call(ControlServiceNames.Wait, request, WaitResponse.Parser, DaemonLink.LongPollTimeout));
            if (response.Exited)
            {
                return response.ExitCode;
            }
        }
    }

    // A slow reader may take any time; a silent daemon may not.
    private void Drain(DaemonLink link, OutputPump output, OutputPump errors)
    {
        var request = new StateRequest { Container = process.Container };
        var exited = Environment.TickCount64;
        while (!output.WaitForEnd(s_drainCheck) || !errors.WaitForEnd(s_drainCheck))
        {
            if (output.IsSilent(exited, s_drainSilence) && errors.IsSilent(exited, s_drainSilence))
            {
                return;
            }

            // Ends the wait for a slow reader when the container was deleted: the call then fails.
            link.Call(daemon => daemon.Call(ControlServiceNames.State, request, StateResponse.Parser, Deadlines.Query));
        }
    }
}

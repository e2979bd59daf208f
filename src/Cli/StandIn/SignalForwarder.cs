using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Forwards each signal of this process to the process that it stands for, in order, on a thread of its own. With a terminal, SIGWINCH is news of its size
/// instead, which the guest's terminal is given.
/// </summary>
/// <param name="link">The daemon.</param>
/// <param name="process">The process.</param>
/// <param name="signals">The signals.</param>
/// <param name="terminal">The terminal on this side, or null.</param>
internal sealed class SignalForwarder(DaemonLink link, ContainerProcess process, SignalReader signals, SafeFileHandle? terminal)
{
    /// <summary>Runs until this process ends.</summary>
    public void Start() => StandInThread.Start("signals", Forward);

    private void Forward()
    {
        while (true)
        {
            var signal = signals.ReadAsync(default).AsTask().GetAwaiter().GetResult();
            try
            {
                if (signal == Signals.SIGWINCH && terminal is not null)
                {
                    Resize(Terminal.ReadSize(terminal));
                }
                else
                {
                    Kill(signal);
                }
            }
            catch (Exception failure) when (failure is TtrpcException or LinuxException)
            {
                // The process has ended, or the terminal is gone.
            }
        }
    }

    private void Kill(int signal)
    {
        var request = new KillRequest { Container = process.Container, Process = process.Id, Signal = (uint)signal };
        link.Call(daemon => daemon.Call(ControlServiceNames.Kill, request, KillResponse.Parser, Deadlines.Change));
    }

    private void Resize(TerminalSize size)
    {
        var request = new ResizeTerminalRequest { Container = process.Container, Process = process.Id, Rows = size.Rows, Columns = size.Columns };
        link.Call(daemon => daemon.Call(ControlServiceNames.ResizeTerminal, request, ResizeTerminalResponse.Parser, Deadlines.Change));
    }
}

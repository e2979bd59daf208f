using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>Forwards each signal of this process to the process that it stands for, in order, on a thread of its own.</summary>
internal sealed class SignalForwarder(DaemonLink link, ContainerProcess process, SignalReader signals)
{
    /// <summary>Runs until this process ends.</summary>
    public void Start() => StandInThread.Start("signals", Forward);

    private void Forward()
    {
        while (true)
        {
            var signal = signals.ReadAsync(default).AsTask().GetAwaiter().GetResult();
            var request = new KillRequest { Container = process.Container, Process = process.Id, Signal = (uint)signal };
            try
            {
                link.Call(daemon => daemon.Call(ControlServiceNames.Kill, request, KillResponse.Parser, Deadlines.Change));
            }
            catch (TtrpcException)
            {
                // The process has ended.
            }
        }
    }
}

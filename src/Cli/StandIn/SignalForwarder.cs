using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>Sends each signal that this process gets to the container's first process, in order, on a thread of its own.</summary>
internal sealed class SignalForwarder(DaemonLink link, ContainerRef container, SignalReader signals)
{
    /// <summary>Goes on until this process ends.</summary>
    public void Start() => StandInThread.Start("signals", Forward);

    private void Forward()
    {
        while (true)
        {
            var signal = signals.ReadAsync(default).AsTask().GetAwaiter().GetResult();
            var request = new KillRequest { Container = container, Signal = (uint)signal };
            try
            {
                link.Call(daemon => daemon.Call(ControlServiceNames.Kill, request, KillResponse.Parser, Deadlines.Change));
            }
            catch (TtrpcException)
            {
                // The process has ended, and with it whom to signal.
            }
        }
    }
}

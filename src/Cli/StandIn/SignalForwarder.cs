using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>Forwards each signal of this process to the container's first process, in order, on a thread of its own.</summary>
internal sealed class SignalForwarder(DaemonLink link, ContainerRef container, SignalReader signals)
{
    /// <summary>Runs until this process ends.</summary>
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
                // The container's process has ended.
            }
        }
    }
}

using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>Sends each signal that this process gets to the container's first process, in order.</summary>
internal sealed class SignalForwarder(DaemonLink link, ContainerRef container, SignalReader signals)
{
    /// <summary>Goes on until this process ends.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            var request = new KillRequest { Container = container, Signal = (uint)await signals.ReadAsync(default).ConfigureAwait(false) };
            try
            {
                await link.CallAsync(daemon => daemon.KillAsync(request, Deadlines.Change, default)).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is TtrpcException or CommandFailure)
            {
                // The process has ended, and with it whom to signal.
            }
        }
    }
}

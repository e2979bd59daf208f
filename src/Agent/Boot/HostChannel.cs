using KataActors.Agent.Containers;
using KataActors.Agent.Rpc;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Boot;

/// <summary>The channel from the host: one virtio-serial port with one host session after another.</summary>
internal static class HostChannel
{
    private const string PortName = "agent.channel.0";
    private const string OwnExecutable = "/proc/self/exe";

    /// <summary>Serves hosts for the life of the guest.</summary>
    internal static async Task ServeAsync()
    {
        var sandbox = new Sandbox(new ContainerLauncher(OwnExecutable, GuestCgroups.ContainersFolder));
        var server = new TtrpcServer(onUnexpected: (method, failure) => KernelLog.Warn($"{method}: {failure}"))
            .RegisterHealth()
            .RegisterAgent(sandbox);
        using var port = VirtioPort.Open(VirtioPorts.Find(PortName));
        var channel = new GuestChannel(port);
        while (true)
        {
            var session = await channel.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
            KernelLog.Debug("a host is connected");
            if (await server.ServeAsync(session, CancellationToken.None).ConfigureAwait(false) is { } reason)
            {
                KernelLog.Debug($"the host was lost: {reason.Message}");
            }
        }
    }
}

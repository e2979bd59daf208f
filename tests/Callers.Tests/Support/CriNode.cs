using System.Net.Sockets;
using Grpc.Net.Client;
using KataActors.Callers.Tests.Cri;

namespace KataActors.Callers.Tests.Support;

/// <summary>Debian's containerd as a node of Kubernetes has it: called through the Container Runtime Interface, with the runtime as its default.</summary>
public sealed class CriNode : IAsyncLifetime
{
    private const string AddressWithoutInterface =
        """
        #!/bin/sh
        # A network plugin that makes no interface, and says what containerd wants to hear.
        [ "$CNI_COMMAND" = ADD ] || exit 0
        echo '{"cniVersion":"0.3.1","interfaces":[{"name":"'$CNI_IFNAME'","sandbox":"'$CNI_NETNS'"}],"ips":[{"version":"4","address":"192.0.2.1/32","interface":0}]}'

        """;

    private readonly Containerd _containerd;
    private readonly CallerWorld? _world;
    private GrpcChannel? _channel;

    public CriNode()
        : this(null)
    {
    }

    /// <param name="world">Where it has a network with the plugins bridge and portmap; null for none.</param>
    internal CriNode(CallerWorld? world)
    {
        _world = world;
        _containerd = new Containerd(null, "k8s.io", Plugins, world);
    }

    internal RuntimeUnderTest Runtime => _containerd.Runtime;

    internal RuntimeService.RuntimeServiceClient Client => new(_channel);

    public async ValueTask InitializeAsync()
    {
        if (_world is not null)
        {
            await _world.AddNetworkAsync("10.78.0.0/24");
        }
        else
        {
            await AddNoNetworkAsync();
        }

        await _containerd.InitializeAsync();
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { ConnectCallback = ConnectAsync } });
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            foreach (var pod in (await Client.ListPodSandboxAsync(new())).Items)
            {
                await RemovePodAsync(pod.Id);
            }

            _channel.Dispose();
        }

        await _containerd.DisposeAsync();
    }

    /// <summary>Stops and removes a pod with its containers.</summary>
    internal async Task RemovePodAsync(string id)
    {
        await Client.StopPodSandboxAsync(new() { PodSandboxId = id });
        await Client.RemovePodSandboxAsync(new() { PodSandboxId = id });
    }

    private async Task AddNoNetworkAsync()
    {
        var networks = Directory.CreateDirectory(NetworksOf(_containerd)).FullName;
        await File.WriteAllTextAsync(Path.Combine(networks, "10-none.conflist"), """{"cniVersion":"0.3.1","name":"none","plugins":[{"type":"none"}]}""");
        foreach (var plugin in new[] { "loopback", "none" })
        {
            await File.WriteAllTextAsync(Path.Combine(networks, plugin), AddressWithoutInterface);
            File.SetUnixFileMode(Path.Combine(networks, plugin), (UnixFileMode)0x1ed);
        }
    }

    private static string NetworksOf(Containerd containerd) => Path.Combine(containerd.Runtime.Directory, "networks");

    private string Plugins(Containerd containerd) =>
        $"""
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{BusyboxImage.PauseName}"
          restrict_oom_score_adj = true
          disable_apparmor = true
          netns_mounts_under_state_dir = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{(_world is null ? NetworksOf(containerd) : CallerWorld.NetworkPlugins)}"
            conf_dir = "{(_world is null ? NetworksOf(containerd) : CallerWorld.Networks)}"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
            default_runtime_name = "kata-actors"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata-actors]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata-actors.options]
                BinaryName = "{containerd.Runtime.Script}"
        """;

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_containerd.Socket), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}

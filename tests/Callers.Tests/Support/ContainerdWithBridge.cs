namespace KataActors.Callers.Tests.Support;

/// <summary>A containerd whose client <c>ctr</c> finds a network, 10.79.0.0/24 on a bridge, in a world of its own.</summary>
public sealed class ContainerdWithBridge : IAsyncLifetime
{
    public ContainerdWithBridge() => Containerd = new Containerd(null, World);

    internal CallerWorld World { get; } = new();

    internal Containerd Containerd { get; }

    public async ValueTask InitializeAsync()
    {
        await World.AddNetworkAsync("10.79.0.0/24");
        await Containerd.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Containerd.DisposeAsync();
        World.Dispose();
    }
}

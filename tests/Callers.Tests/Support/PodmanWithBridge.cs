namespace KataActors.Callers.Tests.Support;

/// <summary>A podman with its default network, a bridge, in a world of its own.</summary>
public sealed class PodmanWithBridge : IAsyncLifetime
{
    public PodmanWithBridge() => Podman = new Podman(null, World);

    internal CallerWorld World { get; } = new();

    internal Podman Podman { get; }

    public ValueTask InitializeAsync() => Podman.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await Podman.DisposeAsync();
        World.Dispose();
    }
}

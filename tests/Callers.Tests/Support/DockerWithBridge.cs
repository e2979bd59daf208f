namespace KataActors.Callers.Tests.Support;

/// <summary>A dockerd with its default bridge, 10.77.0.1/24, in a world of its own.</summary>
public sealed class DockerWithBridge : IAsyncLifetime
{
    public DockerWithBridge() => Docker = new Docker(World);

    internal CallerWorld World { get; } = new();

    internal Docker Docker { get; }

    public ValueTask InitializeAsync() => Docker.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await Docker.DisposeAsync();
        World.Dispose();
    }
}

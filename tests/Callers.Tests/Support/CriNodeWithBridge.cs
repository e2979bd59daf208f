namespace KataActors.Callers.Tests.Support;

/// <summary>A node whose pods have addresses of 10.78.0.0/24 on a bridge, in a world of its own.</summary>
public sealed class CriNodeWithBridge : IAsyncLifetime
{
    public CriNodeWithBridge() => Node = new CriNode(World);

    internal CallerWorld World { get; } = new();

    internal CriNode Node { get; }

    public ValueTask InitializeAsync() => Node.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        World.Dispose();
    }
}

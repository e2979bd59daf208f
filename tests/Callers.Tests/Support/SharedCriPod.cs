namespace KataActors.Callers.Tests.Support;

/// <summary>A pod in which the tests of a class run their containers.</summary>
public sealed class SharedCriPod(CriNode node) : IAsyncLifetime
{
    private CriPod? _pod;

    internal CriPod Pod => _pod!;

    public async ValueTask InitializeAsync() => _pod = await CriPod.RunAsync(node, "shared");

    public async ValueTask DisposeAsync()
    {
        await Pod.RemoveAsync();
        await node.Runtime.MustBeEmptyAsync();
    }
}

namespace KataActors.Callers.Tests.Support;

/// <summary>A container of docker that sleeps while the tests of a class use it.</summary>
public sealed class DockerContainer(Docker docker) : IAsyncLifetime
{
    internal string Id { get; private set; } = "";

    public async ValueTask InitializeAsync() => Id = await docker.StartScriptAsync("exec sleep 1000", "--env", "B=c", "--memory", "64m");

    public async ValueTask DisposeAsync() => await docker.RemoveAsync(Id);
}

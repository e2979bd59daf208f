namespace KataActors.EndToEnd.Tests.Support;

/// <summary>One daemon for the tests of a class.</summary>
public sealed class DaemonFixture : IAsyncLifetime
{
    private DaemonUnderTest? _daemon;

    internal DaemonUnderTest Daemon => _daemon!;

    public async ValueTask InitializeAsync() => _daemon = await DaemonUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? default;
}

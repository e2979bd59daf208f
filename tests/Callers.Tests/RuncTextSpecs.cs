namespace KataActors.Callers.Tests;

/// <summary>Containerd, docker and podman distinguish these cases by runc's wording.</summary>
public sealed class RuncTextSpecs : IAsyncLifetime
{
    private readonly RuntimeUnderTest _runtime = new();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _runtime.DisposeAsync();

    [Theory]
    [InlineData("state")]
    [InlineData("kill")]
    [InlineData("delete")]
    [InlineData("start")]
    public async Task Should_say_that_it_does_not_exist_when_the_container_is_unknown(string verb)
    {
        var result = (await _runtime.RunAsync(verb, "unknown")).MustExit(1);

        Assert.Contains("does not exist", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_succeed_when_an_unknown_container_is_deleted_by_force() =>
        (await _runtime.RunAsync("delete", "--force", "unknown")).MustExit(0);
}

namespace KataActors.EndToEnd.Tests;

/// <summary>Sandboxes side by side.</summary>
public sealed class ManySandboxesSpecs : IAsyncLifetime
{
    // Ten guests that boot at once on a busy machine may each be slow.
    private const string Patience = "kata-actors.deadlines { boot = 5 m, agent-call = 2 m }";

    private const int Count = 10;
    private const int Rounds = 5;

    private DaemonUnderTest _daemon = null!;

    public async ValueTask InitializeAsync() => _daemon = await DaemonUnderTest.StartAsync(Patience);

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_leave_nothing_when_ten_are_created_and_deleted_at_once_five_times()
    {
        var bundles = Enumerable.Range(0, Count).Select(index => _daemon.ShellBundle($"echo container {index}; exec sleep 1000")).ToArray();
        var before = await HostSnapshot.TakeAsync(_daemon);
        for (var round = 1; round <= Rounds; round++)
        {
            var ids = bundles.Select(_ => _daemon.NewId()).ToArray();

            var outputs = await Task.WhenAll(Enumerable.Range(0, Count).Select(index => CreateAndStartAsync(bundles[index], ids[index])));
            await Task.WhenAll(Enumerable.Range(0, Count).Select(index => outputs[index].OutputAsync($"container {index}\n")));
            Assert.Equal(ids.Order(), (await _daemon.RunAsync("list", "-q")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
            Assert.Equal(Count, await DistinctVmmsAsync());
            await Task.WhenAll(ids.Select(id => _daemon.SucceedAsync("delete", "--force", id)));

            await before.MustBeRestoredAsync();
        }
    }

    private async Task<RunningCommand> CreateAndStartAsync(TestBundle bundle, string id)
    {
        var create = _daemon.Start("create", "--bundle", bundle.Path, id);
        (await create.FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("start", id);
        return create;
    }

    private async Task<int> DistinctVmmsAsync() =>
        (await _daemon.JsonAsync("sandbox", "list", "--format", "json")).AsArray().Select(sandbox => (int)sandbox!["vmmPid"]!).Distinct().Count();
}

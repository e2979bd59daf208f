using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

/// <summary>The agent's resident set when it is quiet again after a load.</summary>
public sealed class AgentMemorySpecs(ITestOutputHelper output)
{
    // 5 MB.
    private const ulong MostKib = 4882;
    private const int Execs = 200;
    private const int AtOnce = 32;
    private const int Rounds = 3;
    private const int Looks = 5;

    // Longer than the agent takes to see that nothing is asked of it. A question meanwhile would be one.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Should_be_small_again_after_many_execs_at_once()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = await new GuestContainer(vm, "first", ["sleep", "1000"]).BeginAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, Execs), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
                Assert.Equal(number % 100, (await container.Exec($"e{number}", "sh", "-c", $"exit {number % 100}").RunAsync()).Code));
            output.WriteLine($"after round {round + 1}: {await RssAsync(vm)} KiB");
        }

        await MustBecomeSmallAsync(vm);
    }

    [Fact]
    public async Task Should_be_small_again_after_streams_in_both_directions()
    {
        const int Chunk = 1024 * 1024;
        var length = (ulong)Chunk * (ulong)Soak.Runs(usual: 64);
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = await new GuestContainer(vm, "echo", ["cat"]).BeginAsync();
        var reading = ReadAsync(container);
        ulong written = 0;
        while (written < length)
        {
            written += await container.WriteAsync(written, new byte[Math.Min(Chunk, length - written)]);
        }

        await container.CloseInputAsync(written);

        Assert.Equal(written, await reading);
        output.WriteLine($"after {written} bytes each way: {await RssAsync(vm)} KiB");
        await MustBecomeSmallAsync(vm);
    }

    private async Task MustBecomeSmallAsync(GuestVm vm)
    {
        ulong kib;
        var look = 0;
        do
        {
            await Task.Delay(s_quiet, TestContext.Current.CancellationToken);
            kib = await RssAsync(vm);
            output.WriteLine($"agent RSS {kib} KiB");
        }
        while (kib > MostKib && ++look < Looks);
        Assert.InRange(kib, 1u, MostKib);
    }

    private static async Task<ulong> ReadAsync(GuestContainer container)
    {
        for (ulong read = 0; ;)
        {
            var answer = await container.ReadAsync(read);
            read += (ulong)answer.Data.Length;
            if (answer.EndOfStream)
            {
                return read;
            }
        }
    }

    private static async Task<ulong> RssAsync(GuestVm vm) =>
        (await vm.Agent.GetGuestDetailsAsync(new(), GuestVm.CallTimeout, CancellationToken.None)).AgentRssKib;
}

using System.Security.Cryptography;
using KataActors.TestSupport;

namespace KataActors.EndToEnd.Tests;

/// <summary>Much input beside guests that use all of the CPU: it takes long, and the stand-in's threads are held up at any place.</summary>
public sealed class BulkInputSpecs : IAsyncLifetime
{
    private const int Bytes = 24 * 1024 * 1024;
    private const int Pool = 2;
    private const int BusyVms = 2;

    private FactoryUnderTest _factory = null!;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync(Pool);

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_bring_every_byte_to_the_process_when_other_guests_are_busy()
    {
        var daemon = _factory.Daemon;
        var data = new byte[Bytes];
        new Random(1).NextBytes(data);
        var sum = $"{Convert.ToHexStringLower(MD5.HashData(data))}  -\n";
        var input = Path.Combine(daemon.Directory, "input");
        await File.WriteAllBytesAsync(input, data, TestContext.Current.CancellationToken);
        for (var busy = 0; busy < BusyVms; busy++)
        {
            await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.ShellBundle("while :; do :; done").Path, daemon.NewId());
        }

        var bundle = daemon.ShellBundle("cat | md5sum");
        for (var run = 1; run <= Soak.Runs(usual: 2); run++)
        {
            using var stdin = File.OpenHandle(input);
            var result = await daemon.Start(stdin, null, "run", "--bundle", bundle.Path, daemon.NewId()).FinishAsync();

            Assert.True(result == new CommandResult(0, sum, ""), $"run {run}: {result}");
        }
    }
}

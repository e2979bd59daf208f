using System.Security.Cryptography;

namespace KataActors.EndToEnd.Tests;

/// <summary>Sandboxes that are clones of a template.</summary>
public sealed class TemplateSpecs : IAsyncLifetime
{
    private const int Wave = 5;
    private const int Waves = 10;

    private FactoryUnderTest _factory = null!;

    private DaemonUnderTest Daemon => _factory.Daemon;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_keep_clones_apart_and_the_template_as_it_was()
    {
        await Daemon.SucceedAsync("factory", "init");
        var before = Checksum(_factory.Memory);
        // Written files use the guest's memory: they are on a tmpfs of its own.
        const string script = "echo $0 > /dev/secret; for i in 1 2 3 4 5 6 7 8; do cat /bin/busybox >> /dev/filler; done; echo written; read go; cat /dev/secret; exec sleep 1000";
        var (first, second) = (await RunAsync(script, "one"), await RunAsync(script, "two"));
        await first.Command.OutputAsync("written");
        await second.Command.OutputAsync("written");

        first.Go();
        second.Go();

        await first.Command.OutputAsync("written\none\n");
        await second.Command.OutputAsync("written\ntwo\n");
        Assert.Equal(("template", "template"), (await _factory.SourceAsync(first.Id), await _factory.SourceAsync(second.Id)));
        Assert.Equal(before, Checksum(_factory.Memory));
        Assert.Equal("ready", await _factory.TemplateStateAsync());
        Assert.True((int)(await _factory.StatusAsync())["memorySavedKib"]! > 0);
    }

    [Fact]
    public async Task Should_give_each_clone_its_own_random_numbers_boot_id_names_and_the_time()
    {
        const string script = "head -c 16 /dev/urandom | busybox od -An -tx1; cat /proc/sys/kernel/random/boot_id; busybox date +%s; exec sleep 1000";
        List<string[]> guests = [];
        List<string> machines = [];
        for (var clone = 0; clone < 3; clone++)
        {
            var container = await RunAsync(script);
            machines.Add((string)(await Daemon.InspectAsync(container.Id))["guestMachineId"]!);
            await Eventually.TrueAsync(() => container.Command.Output.Count(c => c == '\n') == 3, () => container.Command.Output + container.Command.Errors);
            guests.Add(container.Command.Output.Split('\n'));
            Assert.InRange(long.Parse(guests[^1][2]) - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -5, 5);
        }

        Assert.Equal(3, guests.Select(guest => guest[0]).Distinct().Count());
        Assert.All(guests, guest => Assert.Equal(16, guest[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Equal(3, guests.Select(guest => guest[1]).Distinct().Count());
        Assert.Equal(3, machines.Distinct().Count());
        Assert.All(machines, machine => Assert.Matches("^[0-9a-f]{32}$", machine));
    }

    [Fact]
    public async Task Should_let_a_clone_have_the_host_name_that_its_specification_says()
    {
        var (first, second) = (Daemon.ShellBundle("hostname; exec sleep 1000").With("hostname", "first"), Daemon.ShellBundle("hostname; exec sleep 1000").With("hostname", "second"));

        await (await _factory.RunAsync(Daemon.NewId(), first)).OutputAsync("first\n");
        await (await _factory.RunAsync(Daemon.NewId(), second)).OutputAsync("second\n");
    }

    [Fact]
    public async Task Should_plug_the_vcpus_that_a_quota_asks_for_into_a_clone()
    {
        var id = Daemon.NewId();
        var create = await _factory.RunAsync(id, Daemon.ShellBundle("busybox grep -c ^processor /proc/cpuinfo; exec sleep 1000").WithCpu(150000, 100000));

        await create.OutputAsync("3\n");
        Assert.Equal("template", await _factory.SourceAsync(id));
        var group = new VcpuGroup(id);
        Assert.Equal(("150000/100000", 3), (group.Limit, group.Threads.Length));
    }

    [Fact]
    public async Task Should_leave_nothing_after_waves_of_clones_and_boot_none_of_them_cold()
    {
        await Daemon.SucceedAsync("factory", "init");
        var bundles = Enumerable.Range(0, Wave).Select(index => Daemon.ShellBundle($"echo container {index}; exec sleep 1000")).ToArray();
        var before = await HostSnapshot.TakeAsync(Daemon);
        for (var wave = 0; wave < Waves; wave++)
        {
            var ids = bundles.Select(_ => Daemon.NewId()).ToArray();
            var commands = await Task.WhenAll(bundles.Select((bundle, index) => _factory.RunAsync(ids[index], bundle)));
            await Task.WhenAll(commands.Select((command, index) => command.OutputAsync($"container {index}\n")));
            await Task.WhenAll(ids.Select(id => Daemon.SucceedAsync("delete", "--force", id)));
            await before.MustBeRestoredAsync();
        }

        var counts = (await _factory.StatusAsync())["counts"]!;
        Assert.Equal((Wave * Waves, 0), ((int)counts["templateHits"]!, (int)counts["cold"]!));
    }

    [Fact]
    public async Task Should_make_one_template_however_many_creates_race_for_it()
    {
        var ids = Enumerable.Range(0, 4).Select(_ => Daemon.NewId()).ToArray();

        await Task.WhenAll(ids.Select(id => _factory.RunAsync(id, Daemon.ShellBundle("exec sleep 1000"))));

        Assert.Equal(1, Daemon.Log.Split("the template was made").Length - 1);
        Assert.All(await Task.WhenAll(ids.Select(_factory.SourceAsync)), source => Assert.Equal("template", source));
    }

    private static string Checksum(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }

    private async Task<Container> RunAsync(string script, string name = "sh")
    {
        var id = Daemon.NewId();
        var (read, write) = Descriptors.Pipe();
        using (read)
        {
            var create = Daemon.Start(read, null, "create", "--bundle", Daemon.Bundle("sh", "-c", script, name).Path, id);
            (await create.FinishAsync()).MustSucceed();
            await Daemon.SucceedAsync("start", id);
            return new Container(id, create, write);
        }
    }

    private sealed record Container(string Id, RunningCommand Command, Microsoft.Win32.SafeHandles.SafeFileHandle Input)
    {
        public void Go() => Descriptors.TryWrite(Input, "\n"u8);
    }
}

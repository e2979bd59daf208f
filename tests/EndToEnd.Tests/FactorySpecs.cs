namespace KataActors.EndToEnd.Tests;

/// <summary>The factory's verbs, and its recovery from failures.</summary>
public sealed class FactorySpecs : IAsyncLifetime
{
    private FactoryUnderTest _factory = null!;

    private DaemonUnderTest Daemon => _factory.Daemon;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    // Three bugs of the seed, in its factory: a status that destroys its subject, an init that hides its failure, and a template
    // that does not notice a changed configuration.
    [Fact]
    public async Task Should_change_nothing_when_its_status_is_asked_a_hundred_times_as_the_seed_did()
    {
        await Daemon.SucceedAsync("factory", "init");
        var before = Look();

        for (var look = 0; look < 100; look++)
        {
            await Daemon.SucceedAsync("factory", "status");
        }

        Assert.Equal(before, Look());
        Assert.Equal("ready", await _factory.TemplateStateAsync());
        Assert.Empty(_factory.Vmms());
    }

    [Fact]
    public async Task Should_say_that_the_template_cannot_be_made_instead_of_lying_as_the_seed_did()
    {
        // A file where the folder must be.
        Directory.Delete(_factory.Folder, recursive: true);
        await File.WriteAllTextAsync(_factory.Folder, "");
        try
        {
            var init = await Daemon.RunAsync("factory", "init");

            Assert.Equal(1, init.ExitCode);
            Assert.Contains("the template could not be made", init.Errors, StringComparison.Ordinal);
            Assert.Equal("failed", await _factory.TemplateStateAsync());
            var id = Daemon.NewId();
            await _factory.RunAsync(id, Daemon.ShellBundle("exec sleep 1000"));
            Assert.Equal("cold", await _factory.SourceAsync(id));
            Assert.Equal(1, (int)(await _factory.StatusAsync())["counts"]!["fallbacks"]!);
        }
        finally
        {
            File.Delete(_factory.Folder);
            Directory.CreateDirectory(_factory.Folder);
        }
    }

    [Fact]
    public async Task Should_name_a_damaged_template_in_status_and_log_and_make_it_again_where_the_seed_only_looked_whether_files_are_there()
    {
        await Daemon.SucceedAsync("factory", "init");
        File.SetUnixFileMode(_factory.State, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var bytes = await File.ReadAllBytesAsync(_factory.State);
        bytes[bytes.Length / 2] ^= 0xff;
        await File.WriteAllBytesAsync(_factory.State, bytes);

        var template = (await _factory.StatusAsync())["template"]!;
        Assert.Equal("absent", (string)template["state"]!);
        Assert.Contains("state checksum", (string)template["problem"]!, StringComparison.Ordinal);

        var id = Daemon.NewId();
        await _factory.RunAsync(id, Daemon.ShellBundle("exec sleep 1000"));

        Assert.Equal("template", await _factory.SourceAsync(id));
        Assert.Equal("ready", await _factory.TemplateStateAsync());
        Assert.Contains("the template is not used, and will be made again: state checksum", Daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_be_idempotent_in_init_and_destroy()
    {
        Assert.EndsWith("the template was made\n", (await Daemon.RunAsync("factory", "init")).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal("the template is ready\n", (await Daemon.RunAsync("factory", "init")).MustSucceed().Output);
        Assert.Equal("the template was removed\n", (await Daemon.RunAsync("factory", "destroy")).MustSucceed().Output);
        Assert.Equal("there is no template\n", (await Daemon.RunAsync("factory", "destroy")).MustSucceed().Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_factory.Folder));
        Assert.Equal("absent", await _factory.TemplateStateAsync());
    }

    [Fact]
    public async Task Should_leave_running_clones_alone_when_the_factory_is_destroyed()
    {
        var id = Daemon.NewId();
        var create = await _factory.RunAsync(id, Daemon.ShellBundle("echo before; sleep 1; echo after; exec sleep 1000"));

        await Daemon.SucceedAsync("factory", "destroy");

        await create.OutputAsync("after");
        Assert.Equal("running", await Daemon.StatusAsync(id));
    }

    [Fact]
    public async Task Should_tell_the_truth_and_go_on_when_qemu_is_killed_while_it_becomes_the_template()
    {
        var init = Daemon.Start("factory", "init");
        await Eventually.TrueAsync(() => _factory.Vmms().Any(), () => "no VM is booted");

        FactoryUnderTest.Kill(_factory.Vmms().First());

        var result = await init.FinishAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("QEMU died", result.Errors, StringComparison.Ordinal);
        Assert.Equal("failed", await _factory.TemplateStateAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_factory.Folder));
        await Daemon.SucceedAsync("factory", "init");
        Assert.Equal("ready", await _factory.TemplateStateAsync());
    }

    [Fact]
    public async Task Should_tell_the_truth_and_go_on_when_qemu_is_killed_while_its_state_is_written()
    {
        CommandResult result;
        var tries = 0;
        do
        {
            Assert.True(tries++ < 10, "the template was always saved before its QEMU could be killed");
            await Daemon.SucceedAsync("factory", "destroy");
            var init = Daemon.Start("factory", "init");
            await Eventually.TrueAsync(() => _factory.Vmms().Any(), () => "no VM is booted");
            var vmm = _factory.Vmms().First();
            // The state's file comes into being right before QEMU writes it.
            await WaitForStateAsync(init);
            FactoryUnderTest.Kill(vmm);

            result = await init.FinishAsync();
        }
        while (result.ExitCode == 0);

        Assert.Contains("the template could not be made: ", result.Errors, StringComparison.Ordinal);
        var template = (await _factory.StatusAsync())["template"]!;
        Assert.Equal("failed", (string)template["state"]!);
        Assert.Contains((string)template["problem"]!, result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_factory.Folder));
        Assert.Empty(_factory.Vmms());
        await Daemon.SucceedAsync("factory", "init");
        Assert.Equal("ready", await _factory.TemplateStateAsync());
    }

    [Fact]
    public async Task Should_sweep_up_and_go_on_when_the_daemon_is_killed_while_the_state_is_written()
    {
        var init = Daemon.Start("factory", "init");
        await WaitForStateAsync(init);

        await KillAsync(init);

        await Daemon.StartAgainAsync();
        await Eventually.TrueAsync(() => !_factory.Vmms().Any(), () => "the half-made template's VM is left");
        // A template that got its name before the end is complete; any other is gone.
        var state = await _factory.TemplateStateAsync();
        Assert.Equal(state == "ready" ? ["current"] : [], Directory.EnumerateFileSystemEntries(_factory.Folder).Select(entry => Path.GetFileName(entry)));
        await Daemon.SucceedAsync("factory", "init");
        var id = Daemon.NewId();
        await _factory.RunAsync(id, Daemon.ShellBundle("exec sleep 1000"));
        Assert.Equal("template", await _factory.SourceAsync(id));
    }

    [Fact]
    public async Task Should_sweep_up_and_go_on_when_the_daemon_is_killed_while_the_template_is_made()
    {
        var init = Daemon.Start("factory", "init");
        await Eventually.TrueAsync(() => _factory.Vmms().Any(), () => "no VM is booted");

        await KillAsync(init);

        await Daemon.StartAgainAsync();
        await Eventually.TrueAsync(() => !_factory.Vmms().Any(), () => "the half-made template's VM is left");
        Assert.Equal("absent", await _factory.TemplateStateAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_factory.Folder));
        await Daemon.SucceedAsync("factory", "init");
    }

    // The command first: it would start a daemon in the place of the one that dies.
    private async Task KillAsync(RunningCommand command)
    {
        FactoryUnderTest.Kill(command.Pid);
        Daemon.Kill();
        await command.FinishAsync();
    }

    private async Task WaitForStateAsync(RunningCommand init)
    {
        using var watcher = new FileSystemWatcher(_factory.Folder) { IncludeSubdirectories = true };
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, created) =>
        {
            if (Path.GetFileName(created.FullPath) == "state")
            {
                seen.TrySetResult();
            }
        };
        watcher.EnableRaisingEvents = true;
        var ended = Eventually.TrueAsync(() => !IsAlive(init) || seen.Task.IsCompleted, () => "no state is written");
        await Task.WhenAny(seen.Task, ended);
    }

    private static bool IsAlive(RunningCommand command) => ProcessIdentity.TryRead(command.Pid) is { } identity && identity.IsAlive();

    private string Look() => string.Join('\n', new[] { _factory.Folder, Daemon.RunDirectory }
        .SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
        .Where(path => Path.GetDirectoryName(path) != Path.Combine(Daemon.RunDirectory, "state"))
        .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}")
        .Concat(Daemon.Processes().Select(process => $"process {process.Pid}"))
        .Concat(Daemon.Cgroups().Concat(_factory.PoolGroups()))
        .Order());
}

using KataActors.TestSupport;

namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>One VM for the whole suite.</summary>
[CollectionDefinition(Name)]
public sealed class RecordedLifeCollection : ICollectionFixture<RecordedLife>
{
    public const string Name = "conformance";
}

/// <summary>
/// The life of a container from create to delete, with what is wrong at each step, and a second container of the same sandbox that ends by itself: done
/// once, and recorded for the tests of the clauses.
/// </summary>
public sealed class RecordedLife : IAsyncLifetime
{
    private readonly Dictionary<string, CommandResult> _results = [];
    private readonly Dictionary<string, JsonNode> _states = [];
    private DaemonUnderTest? _daemon;

    internal DaemonUnderTest Daemon => _daemon!;

    internal string Id { get; private set; } = "";

    /// <summary>The container whose life is recorded: an ordinary user, and a value for each field that the tests ask for.</summary>
    internal FullBundle Full { get; private set; } = null!;

    internal Facts Facts { get; private set; } = null!;

    /// <summary>What the second container says of itself: root, and only what every specification must have.</summary>
    internal Facts PlainFacts { get; private set; } = null!;

    /// <summary>What the third container says of itself: a terminal, and user and time namespaces.</summary>
    internal Facts OwnFacts { get; private set; } = null!;

    /// <summary>The text of <c>--log</c> of the second container's creation.</summary>
    internal string PlainLog { get; private set; } = "";

    internal string PlainId { get; private set; } = "";

    /// <summary>The container with hooks, and its id and pid.</summary>
    internal HookedBundle Hooked { get; private set; } = null!;

    internal string HookedId { get; private set; } = "";

    internal int HookedPid { get; private set; }

    /// <summary>What had run when its <c>create</c>, and its <c>start</c>, returned.</summary>
    internal string[] LogAfterCreate { get; private set; } = [];

    internal string[] LogAfterStart { get; private set; } = [];

    internal bool RanBeforeStart { get; private set; }

    internal int PidFile { get; private set; }

    internal int ExitCode { get; private set; }

    /// <summary>What was left on the host after the life; null for nothing.</summary>
    internal string? Left { get; private set; }

    /// <summary>The outcome of a command of the life.</summary>
    internal CommandResult this[string step] => _results[step];

    /// <summary>The state document at a time of the life.</summary>
    internal JsonNode State(string time) => _states[time];

    public async ValueTask InitializeAsync()
    {
        _daemon = await DaemonUnderTest.StartAsync();
        (Id, PlainId, Full) = (Daemon.NewId(), Daemon.NewId(), FullBundle.Create(Daemon));
        var (plain, own, unfit) = (PlainBundle.Create(Daemon, Id), OwnBundle.Create(Daemon, Id), Daemon.Bundle("true").Joining(Id));
        HookedId = Daemon.NewId();
        Hooked = HookedBundle.Create(Daemon, Id, HookedId);
        var before = await HostSnapshot.TakeAsync(Daemon);

        var create = await CreateAsync();
        using var standIn = ReapedProcess.FromPidFile(Full.Bundle.PidFile);
        await StartAsync(create);
        await RunPlainAsync(plain.With("linux.namespaces.0.path", $"/proc/{PidFile}/ns/pid"));
        await RunOwnAsync(own);
        await DeleteCreatedAsync(unfit);
        await RunHookedAsync();
        await RefuseAsync(unfit);
        await EndAsync(create, standIn);

        File.Delete(Full.Bundle.PidFile);
        Full.Restore();
        Left = (await Record.ExceptionAsync(before.MustBeRestoredAsync))?.Message;
    }

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? default;

    private async Task<RunningCommand> CreateAsync()
    {
        var create = Daemon.Start("create", "--bundle", Full.Bundle.Path, "--pid-file", Full.Bundle.PidFile, Id);
        _results["create"] = await create.FinishAsync();
        this["create"].MustSucceed();
        PidFile = int.Parse(File.ReadAllText(Full.Bundle.PidFile));
        RanBeforeStart = File.Exists(Full.Mark);
        await DoAsync("create again", "create", "--bundle", Full.Bundle.Path, Id);
        await DoAsync("signal while created", "kill", Id, "0");
        await LookAsync("created");
        Full.Spoil();
        return create;
    }

    private async Task StartAsync(RunningCommand create)
    {
        await DoAsync("start", "start", Id);
        await create.OutputAsync("\n@end\n");
        Facts = Facts.Parse(create.Output);
        await DoAsync("start while running", "start", Id);
        await DoAsync("delete while running", "delete", Id);
        await LookAsync("running");
        await DoAsync("kill", "kill", Id, "TERM");
        await create.OutputAsync("\n@caught TERM\n");
    }

    private async Task RunPlainAsync(TestBundle plain)
    {
        var log = Path.Combine(Daemon.Directory, "plain.log");
        var create = Daemon.Start("--log", log, "create", "--bundle", plain.Path, PlainId);
        _results["create plain"] = await create.FinishAsync();
        this["create plain"].MustSucceed();
        PlainLog = File.ReadAllText(log);
        await Daemon.SucceedAsync("start", PlainId);
        await Daemon.StatusAsync(PlainId, "stopped");
        await create.OutputAsync("\n@end\n");
        PlainFacts = Facts.Parse(create.Output);
        _states["ended"] = await Daemon.JsonAsync("state", PlainId);
        await Daemon.SucceedAsync("delete", PlainId);
    }

    private async Task RunOwnAsync(TestBundle own)
    {
        using var run = new ProgramAtTerminal(Installation.CommandLine, "--address", Daemon.Address, "run", "--bundle", own.Path, Daemon.NewId());
        run.Start();
        await run.ExpectAsync("@end\r\n");
        Assert.Equal(0, await run.WaitAsync());
        OwnFacts = Facts.Parse(run.Screen.Replace("\r\n", "\n", StringComparison.Ordinal));
    }

    private async Task DeleteCreatedAsync(TestBundle bundle)
    {
        var id = Daemon.NewId();
        await Daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        await DoAsync("delete while created", "delete", id);
        await DoAsync("state after delete while created", "state", id);
    }

    private async Task RunHookedAsync()
    {
        await DoAsync("create hooked", "create", "--bundle", Hooked.Bundle.Path, "--pid-file", Hooked.Bundle.PidFile, HookedId);
        this["create hooked"].MustSucceed();
        HookedPid = int.Parse(File.ReadAllText(Hooked.Bundle.PidFile));
        LogAfterCreate = Hooked.Log;
        await DoAsync("start hooked", "start", HookedId);
        LogAfterStart = Hooked.Log;
        await Daemon.SucceedAsync("kill", HookedId, "KILL");
        await Daemon.StatusAsync(HookedId, "stopped");
        File.Delete(Hooked.Bundle.PidFile);
        await DoAsync("delete hooked", "delete", HookedId);
    }

    // What the guest alone can know to be wrong.
    private async Task RefuseAsync(TestBundle unfit)
    {
        File.WriteAllText(Path.Combine(unfit.Rootfs, "tmp", "taken"), "");
        unfit.With("linux.devices", JsonNode.Parse("""[{"path": "/tmp/taken", "type": "c", "major": 1, "minor": 3}]"""));
        await DoAsync("create at a taken place", "create", "--bundle", unfit.Path, Daemon.NewId());
        unfit.With("linux.devices", null).With("linux.resources", JsonNode.Parse("""{"unified": {"hugetlb.1GB.max": "0"}}"""));
        await DoAsync("create without its controller", "create", "--bundle", unfit.Path, Daemon.NewId());
        var change = Path.Combine(Daemon.Directory, "change.json");
        File.WriteAllText(change, """{"memory": {"limit": 4096, "checkBeforeUpdate": true}}""");
        await DoAsync("update below the usage", "update", "--resources", change, Id);
    }

    private async Task EndAsync(RunningCommand create, ReapedProcess standIn)
    {
        await Daemon.SucceedAsync("kill", Id, "KILL");
        ExitCode = await standIn.ExitCodeAsync();
        await LookAsync("stopped");
        await DoAsync("start while stopped", "start", Id);
        await DoAsync("kill while stopped", "kill", Id, "TERM");
        await LookAsync("still stopped");
        await DoAsync("delete", "delete", Id);
        await DoAsync("state after delete", "state", Id);
    }

    private async Task DoAsync(string step, params string[] command) => _results[step] = await Daemon.RunAsync(command);

    private async Task LookAsync(string time) => _states[time] = await Daemon.JsonAsync("state", Id);
}

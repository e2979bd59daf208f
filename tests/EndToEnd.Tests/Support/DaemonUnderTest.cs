using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.TestSupport;
using TestProcesses = KataActors.TestSupport.TestProcesses;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>A real daemon at an address of its own, with a directory for its tests' files.</summary>
internal sealed class DaemonUnderTest : IAsyncDisposable
{
    private const string CgroupRoot = "/sys/fs/cgroup";
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(20) * Patience.Factor;
    private static int s_last;

    private readonly string _prefix = $"e2e{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Interlocked.Increment(ref s_last)}-";
    private IReadOnlyList<string> _command = [];
    private int _ids;
    private int _bundles;

    private DaemonUnderTest()
    {
        Subreaper.Become();
        Directory = System.IO.Directory.CreateTempSubdirectory("ka-e2e-").FullName;
        System.IO.Directory.CreateDirectory(Files);
        System.IO.Directory.CreateDirectory(Bundles);
        Address = Path.Combine(Directory, "run", "daemon.sock");
    }

    /// <summary>Its path is part of the command line of each process that belongs to this daemon.</summary>
    public string Directory { get; }

    public string Address { get; }

    public string Bundles => Path.Combine(Directory, "bundles");

    public string RunDirectory => Path.GetDirectoryName(Address)!;

    public string Log => File.ReadAllText(Path.Combine(RunDirectory, "state", "daemon.log"));

    /// <summary>Whether it has crashed at the chosen crash point.</summary>
    public bool HasCrashed => File.Exists(Path.Combine(RunDirectory, "state", "crashed"));

    /// <summary>The daemon that holds the run directory now; 0 for none.</summary>
    public int Pid => int.TryParse(ReadPid(), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid)
        && ProcessIdentity.TryRead(pid) is { } identity && identity.IsAlive() ? pid : 0;

    private string Files => Path.Combine(Directory, "files");

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="configuration">HOCON over the reference.</param>
    /// <param name="starter">A command that changes what the daemon inherits, and then becomes it.</param>
    public static async Task<DaemonUnderTest> StartAsync(string? configuration = null, params IEnumerable<string> starter)
    {
        var daemon = new DaemonUnderTest();
        List<string> command = [.. starter, Installation.Daemon, "--address", daemon.Address];
        if (configuration is not null)
        {
            var file = Path.Combine(daemon.Directory, "kata-actors.conf");
            await File.WriteAllTextAsync(file, configuration);
            command.AddRange(["--config", file]);
        }

        daemon._command = command;
        try
        {
            await daemon.StartAgainAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it as it was started first, after its end.</summary>
    public async Task StartAgainAsync()
    {
        var (process, hadCrashed) = (RunningCommand.Start(Files, null, null, _command), HasCrashed);
        await Eventually.TrueAsync(
            async () =>
            {
                if (!hadCrashed && HasCrashed && Pid == 0)
                {
                    // At a crash point before it listens.
                    (process, hadCrashed) = (RunningCommand.Start(Files, null, null, _command), true);
                }

                return await AnswersAsync();
            },
            () => $"the daemon does not listen: {process.Errors}");
    }

    /// <summary>Directories for tests that host the daemon, or a wrong one, themselves.</summary>
    public static DaemonUnderTest Absent() => new();

    public string NewId() => $"{_prefix}{Interlocked.Increment(ref _ids)}";

    public TestBundle Bundle(params string[] arguments) =>
        TestBundle.Create(Path.Combine(Bundles, Interlocked.Increment(ref _bundles).ToString(CultureInfo.InvariantCulture)), arguments);

    /// <summary>A bundle whose process is a shell.</summary>
    public TestBundle ShellBundle(string script) => Bundle("sh", "-c", script);

    public RunningCommand Start(params string[] arguments) => Start(null, null, arguments);

    /// <summary>Starts a command of the product against this daemon.</summary>
    public RunningCommand Start(SafeHandle? stdin, SafeHandle? stdout, params string[] arguments) =>
        StartProgram(stdin, stdout, [Installation.CommandLine, "--address", Address, .. arguments]);

    public RunningCommand StartProgram(SafeHandle? stdin, SafeHandle? stdout, IReadOnlyList<string> command) =>
        RunningCommand.Start(Files, stdin, stdout, command);

    public Task<CommandResult> RunAsync(params string[] arguments) => Start(arguments).FinishAsync();

    public async Task SucceedAsync(params string[] arguments) => (await RunAsync(arguments)).MustSucceed();

    public async Task<JsonNode> JsonAsync(params string[] arguments) => JsonNode.Parse((await RunAsync(arguments)).MustSucceed().Output)!;

    public async Task<string> StatusAsync(string id) => (string)(await JsonAsync("state", id))["status"]!;

    public Task<JsonNode> InspectAsync(string id) => JsonAsync("sandbox", "inspect", "--format", "json", id);

    public Task StatusAsync(string id, string wanted) => Eventually.TrueAsync(
        async () => await StatusAsync(id) == wanted, () => $"container \"{id}\" is not {wanted}");

    public async Task<bool> AnswersAsync()
    {
        try
        {
            (await UnixSockets.ConnectAsync(Address, TimeSpan.FromSeconds(5), CancellationToken.None)).Dispose();
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Kills it as a crash would.</summary>
    public void Kill()
    {
        using var process = Pidfd.TryOpen(ProcessIdentity.TryRead(Pid)!.Value)!;
        process.Signal(Signals.SIGKILL);
    }

    /// <summary>The processes that belong to this daemon: the daemon itself, stand-ins, VMMs, commands. No zombies.</summary>
    public IEnumerable<(int Pid, string CommandLine)> Processes() => TestProcesses.Of(Directory);

    /// <summary>The cgroups of its sandboxes.</summary>
    public IEnumerable<string> Cgroups() => System.IO.Directory.GetDirectories(CgroupRoot).Prepend(CgroupRoot)
        .Select(hierarchy => Path.Combine(hierarchy, "kata"))
        .Where(System.IO.Directory.Exists)
        .SelectMany(parent => System.IO.Directory.GetDirectories(parent, $"{_prefix}*"));

    /// <summary>Removes the tests' leftovers, ends the daemon, and removes the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await AnswersAsync())
        {
            foreach (var id in (await RunAsync("list", "--quiet")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await RunAsync("delete", "--force", id);
            }
        }

        var pid = Pid;
        if (pid != 0 && pid != Environment.ProcessId && ProcessIdentity.TryRead(pid) is { } identity && Pidfd.TryOpen(identity) is { } process)
        {
            using (process)
            using (var limit = new CancellationTokenSource(s_stop))
            {
                await EndAsync(process, limit.Token);
            }
        }

        // Only after a failed test is anything left: a stand-in, say, that starts the daemon again.
        await Eventually.TrueAsync(() => TestProcesses.KillAll(Directory), () => "processes of the test do not end");
        foreach (var group in Cgroups().SelectMany(group => new[] { Path.Combine(group, "vcpu"), group }).Where(System.IO.Directory.Exists))
        {
            System.IO.Directory.Delete(group);
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task EndAsync(Pidfd process, CancellationToken limit)
    {
        process.Signal(Signals.SIGTERM);
        try
        {
            await process.WaitForExitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            // It is killed next.
        }
    }

    private string ReadPid()
    {
        try
        {
            return File.ReadAllText(Path.Combine(RunDirectory, "daemon.pid"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}

using System.Globalization;
using TestProcesses = KataActors.TestSupport.TestProcesses;

namespace KataActors.Callers.Tests.Support;

/// <summary>The runtime for callers: a script that names this test's own daemon, started beforehand.</summary>
internal sealed class RuntimeUnderTest : IAsyncDisposable
{
    private const string CgroupRoot = "/sys/fs/cgroup";

    private readonly string? _configuration;

    /// <param name="configuration">The daemon's, over the reference; null for none.</param>
    public RuntimeUnderTest(string? configuration = null)
    {
        _configuration = configuration;
        Directory = System.IO.Directory.CreateTempSubdirectory("ka-callers-").FullName;
        System.IO.Directory.CreateDirectory(RunDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(CallsFile, "");
        File.WriteAllText(
            Script,
            $"""
            #!/bin/sh
            echo "$@" >> {CallsFile}
            exec {Installation.CommandLine} --address {Path.Combine(RunDirectory, "daemon.sock")} "$@"

            """);
        File.SetUnixFileMode(Script, (UnixFileMode)0x1ed);
    }

    /// <summary>Holds all files; its path is part of the command line of each process that belongs to this test.</summary>
    public string Directory { get; }

    /// <summary>The runtime's program for callers.</summary>
    public string Script => Path.Combine(Directory, "runtime");

    /// <summary>The callers' command lines, oldest first.</summary>
    public string[] Calls => File.ReadAllLines(CallsFile);

    /// <summary>The daemon's log.</summary>
    public string Log => File.ReadAllText(Path.Combine(RunDirectory, "state", "daemon.log"));

    private string RunDirectory => Path.Combine(Directory, "run");

    private string CallsFile => Path.Combine(Directory, "calls");

    /// <summary>
    /// Starts the daemon. If the caller's first command started it, conmon, which adopts orphans and waits for them, would live as long as the daemon.
    /// </summary>
    public async Task StartDaemonAsync()
    {
        if (_configuration is not null)
        {
            var file = Path.Combine(Directory, "daemon.conf");
            await File.WriteAllTextAsync(file, _configuration);
            using var start = RunningProgram.Start(
                new Dictionary<string, string>(), "/bin/sh", "-c", "\"$0\" --address \"$1\" --config \"$2\" </dev/null >/dev/null 2>&1 & until [ -S \"$1\" ]; do sleep 0.05; done",
                Installation.CommandLine + "d", Path.Combine(RunDirectory, "daemon.sock"), file);
            (await start.FinishAsync()).MustExit(0);
        }

        (await RunAsync("list")).MustExit(0);
    }

    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var program = RunningProgram.Start(new Dictionary<string, string>(), Script, arguments);
        return await program.FinishAsync();
    }

    /// <summary>No process, mount, cgroup or run directory of a sandbox is left.</summary>
    public Task MustBeEmptyAsync()
    {
        string[] left = [];
        return Eventually.TrueAsync(
            () =>
            {
                left = [.. Leftovers()];
                return left.Length == 0;
            },
            () => string.Join('\n', left));
    }

    public async ValueTask DisposeAsync()
    {
        if (int.TryParse(ReadPid(), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid))
        {
            using var end = RunningProgram.Start(new Dictionary<string, string>(), "/bin/sh", "-c", "kill -TERM \"$0\"; while kill -0 \"$0\" 2>/dev/null; do sleep 0.05; done", $"{pid}");
            await end.FinishAsync();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private IEnumerable<string> Leftovers()
    {
        foreach (var (pid, line) in TestProcesses.Of($"{RunDirectory}/").Where(process => !process.CommandLine.Contains("kata-actorsd", StringComparison.Ordinal)))
        {
            yield return $"process {pid}: {line}";
        }

        foreach (var line in File.ReadAllLines("/proc/self/mountinfo").Where(line => line.Contains($"{RunDirectory}/", StringComparison.Ordinal)))
        {
            yield return $"mount {line}";
        }

        var sandboxes = Path.Combine(RunDirectory, "sandboxes");
        foreach (var entry in System.IO.Directory.Exists(sandboxes) ? System.IO.Directory.GetFileSystemEntries(sandboxes) : [])
        {
            yield return $"run directory {entry}";
        }

        foreach (var id in Calls.Where(call => call.Contains("create --bundle", StringComparison.Ordinal)).Select(call => call.Split(' ')[^1]).Distinct())
        {
            foreach (var group in System.IO.Directory.GetDirectories(CgroupRoot).Select(hierarchy => Path.Combine(hierarchy, "kata", id)).Where(System.IO.Directory.Exists))
            {
                yield return $"cgroup {group}";
            }
        }
    }

    private string ReadPid()
    {
        var file = Path.Combine(RunDirectory, "daemon.pid");
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }
}

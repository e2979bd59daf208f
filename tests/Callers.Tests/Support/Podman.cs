using ProgramAtTerminal = KataActors.TestSupport.ProgramAtTerminal;

namespace KataActors.Callers.Tests.Support;

/// <summary>Debian's podman with storage of its own, and the runtime given by path.</summary>
public sealed class Podman : IAsyncLifetime
{
    private readonly RuntimeUnderTest _runtime;
    private readonly CallerWorld? _world;

    public Podman()
        : this(null)
    {
    }

    /// <param name="configuration">The daemon's, over the reference.</param>
    /// <param name="world">Where it has its networks; null for none.</param>
    internal Podman(string? configuration, CallerWorld? world = null)
    {
        _runtime = new RuntimeUnderTest(configuration);
        _world = world;
    }

    internal RuntimeUnderTest Runtime => _runtime;

    private string Folder => Path.Combine(_runtime.Directory, "podman");

    private Dictionary<string, string> Environment => new()
    {
        ["CONTAINERS_CONF"] = Path.Combine(Folder, "containers.conf"),
        ["CONTAINERS_STORAGE_CONF"] = Path.Combine(Folder, "storage.conf"),
    };

    private string[] Options =>
    [
        "--root", Path.Combine(Folder, "graph"), "--runroot", Path.Combine(Folder, "run"), "--tmpdir", Path.Combine(Folder, "tmp"),
        "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", _runtime.Script,
    ];

    public async ValueTask InitializeAsync()
    {
        await _runtime.StartDaemonAsync();
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, "containers.conf"), "[containers]\nlog_driver = \"k8s-file\"\n[engine]\nevents_logger = \"file\"\n");
        await File.WriteAllTextAsync(Path.Combine(Folder, "storage.conf"), $"[storage]\ndriver = \"vfs\"\ngraphroot = \"{Folder}/graph\"\nrunroot = \"{Folder}/run\"\n");
        var layer = Path.Combine(Folder, "layer.tar");
        await File.WriteAllBytesAsync(layer, BusyboxImage.Layer());
        (await RunAsync("import", layer, BusyboxImage.Name)).MustExit(0);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("rm", "--all", "--force", "--time", "0");
        await _runtime.DisposeAsync();
    }

    /// <summary>Runs a podman command to its end.</summary>
    internal async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var program = Start(arguments);
        return await program.FinishAsync();
    }

    internal RunningProgram Start(params string[] arguments)
    {
        string[] command = ["podman", .. Options, .. arguments];
        return RunningProgram.Start(Environment, _world?.Inside(command) ?? command);
    }

    /// <summary>Starts a podman command at a terminal.</summary>
    internal ProgramAtTerminal StartAtTerminal(params string[] arguments)
    {
        var program = new ProgramAtTerminal(["env", .. Environment.Select(variable => $"{variable.Key}={variable.Value}"), "podman", .. Options, .. arguments]);
        program.Start();
        return program;
    }

    /// <summary>Runs a shell script in a container that is removed afterwards.</summary>
    internal Task<CommandResult> RunScriptAsync(string script, params string[] options) => RunAsync(ScriptOnce(script, options));

    /// <summary>The same by a podman that finds other lines in <c>/etc/subuid</c> and <c>/etc/subgid</c>: subuid(5).</summary>
    internal async Task<CommandResult> RunWithSubordinateIdsAsync(string lines, string script, params string[] options)
    {
        var file = Path.Combine(Folder, "subordinate-ids");
        await File.WriteAllTextAsync(file, lines + "\n");
        using var program = RunningProgram.Start(
            Environment, "unshare",
            ["--mount", "sh", "-c", "mount --bind \"$0\" /etc/subuid && mount --bind \"$0\" /etc/subgid && exec podman \"$@\"", file, .. Options, .. ScriptOnce(script, options)]);
        return await program.FinishAsync();
    }

    /// <summary>Starts a shell script in a container of its own, and returns the container's id.</summary>
    internal async Task<string> StartScriptAsync(string script, params string[] options) =>
        (await RunAsync(["run", "--detach", "--network", "none", .. options, BusyboxImage.Name, "/bin/sh", "-c", script])).MustExit(0).Output.Trim();

    /// <summary>Removes a container, whatever state it is in.</summary>
    internal async Task RemoveAsync(string container)
    {
        (await RunAsync("rm", "--force", "--time", "0", container)).MustExit(0);
        await _runtime.MustBeEmptyAsync();
    }

    private static string[] ScriptOnce(string script, string[] options) =>
        ["run", "--rm", "--network", "none", .. options, BusyboxImage.Name, "/bin/sh", "-c", script];
}

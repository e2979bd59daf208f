using ProgramAtTerminal = KataActors.TestSupport.ProgramAtTerminal;

namespace KataActors.Callers.Tests.Support;

/// <summary>
/// Debian's dockerd with directories, a containerd and a runtime of its own, and its client. It makes no cgroup; network devices and rules only in a world of its own.
/// </summary>
public sealed class Docker : IAsyncLifetime
{
    // By path: Docker's own packages may have put another client first.
    private const string Client = "/usr/bin/docker";

    private readonly RuntimeUnderTest _runtime = new();
    private readonly CallerWorld? _world;
    private Service? _daemon;

    public Docker()
        : this(null)
    {
    }

    /// <param name="world">Where it has its default bridge; null for no networks.</param>
    internal Docker(CallerWorld? world) => _world = world;

    internal RuntimeUnderTest Runtime => _runtime;

    private string Folder => Path.Combine(_runtime.Directory, "docker");

    private string Socket => Path.Combine(Folder, "docker.sock");

    private Dictionary<string, string> Environment => new()
    {
        ["DOCKER_HOST"] = $"unix://{Socket}",
        ["DOCKER_CONFIG"] = Path.Combine(Folder, "client"),
    };

    public async ValueTask InitializeAsync()
    {
        await _runtime.StartDaemonAsync();
        Directory.CreateDirectory(Folder);
        var configuration = Path.Combine(Folder, "daemon.json");
        await File.WriteAllTextAsync(configuration, "{}");
        string[] networks = _world is null
            ? ["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false", "--userland-proxy=false"]
            : ["--bip", "10.77.0.1/24"];
        string[] command =
        [
            "/usr/sbin/dockerd",
            "--config-file", configuration, "--data-root", Path.Combine(Folder, "data"), "--exec-root", Path.Combine(Folder, "exec"), "--pidfile", Path.Combine(Folder, "pid"),
            "--host", $"unix://{Socket}", "--storage-driver", "vfs", "--exec-opt", "native.cgroupdriver=cgroupfs",
            "--add-runtime", $"kata-actors={_runtime.Script}", "--default-runtime", "kata-actors",
            .. networks,
        ];
        _daemon = await Service.StartAsync(Socket, Path.Combine(Folder, "log"), _world?.Inside(command) ?? command);
        var image = Path.Combine(Folder, "image.tar");
        BusyboxImage.WriteArchive(image);
        (await RunAsync("load", "--input", image)).MustExit(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            foreach (var id in (await RunAsync("ps", "--all", "--quiet")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await RunAsync("rm", "--force", id);
            }

            await _daemon.DisposeAsync();
        }

        await _runtime.DisposeAsync();
    }

    /// <summary>Runs a docker command to its end.</summary>
    internal async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var program = Start(arguments);
        return await program.FinishAsync();
    }

    internal RunningProgram Start(params string[] arguments) => RunningProgram.Start(Environment, Client, arguments);

    /// <summary>Starts the client at a terminal.</summary>
    internal ProgramAtTerminal StartAtTerminal(params string[] arguments)
    {
        var program = new ProgramAtTerminal(["env", .. Environment.Select(variable => $"{variable.Key}={variable.Value}"), Client, .. arguments]);
        program.Start();
        return program;
    }

    /// <summary>Runs a shell script in a container that is removed afterwards.</summary>
    internal Task<CommandResult> RunScriptAsync(string script, params string[] options) =>
        RunAsync(["run", "--rm", "--network", "none", .. options, BusyboxImage.Name, "/bin/sh", "-c", script]);

    /// <summary>Starts a shell script in a container of its own, and returns the container's id.</summary>
    internal async Task<string> StartScriptAsync(string script, params string[] options) =>
        (await RunAsync(["run", "--detach", "--network", "none", .. options, BusyboxImage.Name, "/bin/sh", "-c", script])).MustExit(0).Output.Trim();

    internal async Task<string> InspectAsync(string container, string format) =>
        (await RunAsync("inspect", "--format", format, container)).MustExit(0).Output.Trim();

    /// <summary>Removes a container, whatever state it is in.</summary>
    internal async Task RemoveAsync(string container)
    {
        (await RunAsync("rm", "--force", container)).MustExit(0);
        await _runtime.MustBeEmptyAsync();
    }
}

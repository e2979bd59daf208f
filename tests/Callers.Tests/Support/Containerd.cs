using System.Globalization;
using ProgramAtTerminal = KataActors.TestSupport.ProgramAtTerminal;

namespace KataActors.Callers.Tests.Support;

/// <summary>Debian's containerd with directories of its own, and its client <c>ctr</c>.</summary>
public sealed class Containerd : IAsyncLifetime
{
    private readonly string _namespace;
    private readonly Func<Containerd, string> _plugins;
    private readonly RuntimeUnderTest _runtime;
    private readonly CallerWorld? _world;
    private Service? _daemon;

    public Containerd()
        : this(null)
    {
    }

    /// <param name="configuration">The daemon's, over the reference.</param>
    /// <param name="world">Where it has its networks; null for none.</param>
    internal Containerd(string? configuration, CallerWorld? world = null)
        : this(configuration, $"callers{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", _ => "disabled_plugins = [\"io.containerd.grpc.v1.cri\"]", world)
    {
    }

    /// <param name="configuration">The daemon's, over the reference.</param>
    /// <param name="name">The namespace. The shims leave it behind when its containers are gone.</param>
    /// <param name="plugins">The part of containerd's configuration about its plugins.</param>
    /// <param name="world">Where it has its networks; null for none.</param>
    internal Containerd(string? configuration, string name, Func<Containerd, string> plugins, CallerWorld? world = null)
    {
        _runtime = new RuntimeUnderTest(configuration);
        _namespace = name;
        _plugins = plugins;
        _world = world;
    }

    internal string Namespace => _namespace;

    internal RuntimeUnderTest Runtime => _runtime;

    internal string Folder => Path.Combine(_runtime.Directory, "containerd");

    internal string Socket => Path.Combine(Folder, "containerd.sock");

    public async ValueTask InitializeAsync()
    {
        await _runtime.StartDaemonAsync();
        Directory.CreateDirectory(Folder);
        var configuration = Path.Combine(Folder, "config.toml");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            version = 2
            root = "{Folder}/root"
            state = "{Folder}/state"
            {_plugins(this)}
            [grpc]
              address = "{Socket}"
            [ttrpc]
              address = "{Socket}.ttrpc"
            """);
        string[] command = ["containerd", "--config", configuration];
        _daemon = await Service.StartAsync(Socket, Path.Combine(Folder, "log"), _world?.Inside(command) ?? command);
        var image = Path.Combine(Folder, "image.tar");
        BusyboxImage.WriteArchive(image);
        (await RunAsync("images", "import", image)).MustExit(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            foreach (var id in (await RunAsync("containers", "list", "--quiet")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await RemoveAsync(id);
            }

            await _daemon.DisposeAsync();
        }

        await _runtime.DisposeAsync();
    }

    /// <summary>Kills containerd, which leaves its containers behind, and starts it again.</summary>
    internal async Task RestartAsync() => _daemon = await _daemon!.KillAndStartAsync();

    /// <summary>Runs a <c>ctr</c> command to its end.</summary>
    internal async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var program = Start(arguments);
        return await program.FinishAsync();
    }

    internal RunningProgram Start(params string[] arguments)
    {
        string[] command = ["ctr", "--address", Socket, "--namespace", _namespace, .. arguments];
        return RunningProgram.Start(new Dictionary<string, string>(), _world?.Inside(command) ?? command);
    }

    /// <summary>Starts a <c>ctr</c> command at a terminal.</summary>
    internal ProgramAtTerminal StartAtTerminal(params string[] arguments)
    {
        var program = new ProgramAtTerminal(["ctr", "--address", Socket, "--namespace", _namespace, .. arguments]);
        program.Start();
        return program;
    }

    /// <summary>The arguments of <c>ctr run</c> up to the image.</summary>
    internal string[] Run(params string[] options) =>
        ["run", "--runc-binary", _runtime.Script, "--snapshotter", "native", .. options, BusyboxImage.Name];

    /// <summary>Removes a container with its task, whatever state they are in.</summary>
    internal async Task RemoveAsync(string id)
    {
        await RunAsync("tasks", "delete", "--force", id);
        await RunAsync("containers", "delete", id);
    }

    internal async Task<string> StatusAsync(string id) =>
        (await RunAsync("tasks", "list")).MustExit(0).Output.Split('\n').FirstOrDefault(line => line.StartsWith(id + " ", StringComparison.Ordinal)) ?? "";
}

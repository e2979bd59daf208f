using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The real binary, a fake daemon, and a bundle, in a folder of the test's own.</summary>
internal sealed class CliFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _commands;

    public CliFixture(bool withDaemon = true)
    {
        Address = _directory.File("daemon.sock");
        Bundle = _directory.File("bundle");
        AddProgram("bin/sh");
        WriteSpec(_ => { });
        if (withDaemon)
        {
            Daemon = new FakeDaemon(Address);
        }
    }

    /// <summary>The program; a test may use a copy.</summary>
    public string Program { get; set; } = InstalledProduct.Cli;

    public string Address { get; set; }

    public string Bundle { get; }

    public string PidFile => File("pid");

    public FakeDaemon? Daemon { get; }

    /// <summary>Runs when a create arrives.</summary>
    public Func<CreateRequest, TtrpcCallContext, Task>? OnCreate
    {
        get => Daemon!.OnCreate;
        set => Daemon!.OnCreate = value;
    }

    /// <summary>The stand-ins that the daemon was told of, in the order of the requests.</summary>
    public ProcessIdentity[] StandIns =>
    [
        .. Daemon!.Requests
            .Select(request => (request as CreateRequest)?.StandIn ?? (request as ExecRequest)?.StandIn)
            .OfType<ProcessRef>()
            .Select(standIn => new ProcessIdentity(standIn.Pid, standIn.StartTime)),
    ];

    public string File(string name) => _directory.File(name);

    public string Read(string name) => System.IO.File.ReadAllText(File(name));

    /// <summary>The default spec without a terminal, changed.</summary>
    public void WriteSpec(Action<JsonObject> change)
    {
        var spec = JsonNode.Parse(DefaultSpec.Json)!.AsObject();
        spec["process"]!["terminal"] = false;
        change(spec);
        System.IO.File.WriteAllText(Path.Combine(Bundle, "config.json"), spec.ToJsonString());
    }

    /// <summary>An empty file in the root filesystem, and the folders above it.</summary>
    public void AddProgram(string path, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserExecute)
    {
        var file = Path.Combine(Bundle, "rootfs", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllBytes(file, []);
        System.IO.File.SetUnixFileMode(file, mode);
    }

    /// <summary>
    /// Makes <see cref="Program"/> a copy with a script as the daemon's program beside it: the daemon is looked up relative to the running program.
    /// </summary>
    public async Task<string> InstallDaemonAsync(string script)
    {
        // Another process writes it: a child that a parallel test just spawns would hold a file open that is written here, and a file open for
        // writing cannot be executed.
        var directory = Directory.CreateDirectory(File("bin")).FullName;
        Program = Path.Combine(directory, "kata-actors");
        var daemon = Path.Combine(directory, "kata-actorsd");
        await ChildScript.RunAsync(
            $"""
            cp '{InstalledProduct.Cli}' '{Program}'
            mkdir -p '{File("libexec/kata-actors")}'
            cp '{InstalledProduct.Prefix}/libexec/kata-actors/kata-actors-standin' '{File("libexec/kata-actors")}'
            cat > '{daemon}' <<'END'
            #!/bin/sh
            {script}
            END
            chmod 755 '{daemon}'
            """);
        return daemon;
    }

    /// <summary>A running container of the fixture's bundle, made without a command.</summary>
    public FakeContainer AddRunning(string id)
    {
        var container = Daemon!.Add(new CreateRequest { Container = new ContainerRef { Id = id }, Bundle = Bundle, StandIn = new ProcessRef() });
        container.Start();
        return container;
    }

    /// <summary>Runs <c>create</c> and returns the stand-in's pid.</summary>
    public async Task<int> CreateAsync(string id, params SafeHandle?[] stdio)
    {
        var result = await RunAsync(["create", "--bundle", Bundle, "--pid-file", PidFile, id], stdio: stdio);
        Assert.Equal(new CommandResult(0, "", ""), result);
        return int.Parse(System.IO.File.ReadAllText(PidFile), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Runs a command to its end; the environment is empty unless given.</summary>
    public async Task<CommandResult> RunAsync(
        IReadOnlyList<string> arguments, string? directory = null, IReadOnlyList<SafeHandle?>? stdio = null)
    {
        using var command = Start(arguments, directory, stdio);
        return await command.WaitAsync();
    }

    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(arguments, null, null);

    /// <summary>Starts a command; descriptors replace stdin, stdout, stderr in this order where given, and follow them.</summary>
    public RunningCommand Start(IReadOnlyList<string> arguments, string? directory = null, IReadOnlyList<SafeHandle?>? stdio = null)
    {
        var number = Interlocked.Increment(ref _commands);
        var (output, errors) = (File($"out{number}"), File($"err{number}"));
        using var outputFile = CreateFile(output);
        using var errorsFile = CreateFile(errors);
        SafeHandle?[] descriptors = [null, outputFile, errorsFile];
        for (var i = 0; i < stdio?.Count; i++)
        {
            if (i < descriptors.Length)
            {
                descriptors[i] = stdio[i] ?? descriptors[i];
            }
            else
            {
                descriptors = [.. descriptors, stdio[i]];
            }
        }

        return new RunningCommand(
            new SpawnRequest
            {
                Path = Program,
                Arguments = ["kata-actors", "--address", Address, .. arguments],
                Descriptors = descriptors,
                WorkingDirectory = directory,
            },
            output,
            errors);
    }

    public async ValueTask DisposeAsync()
    {
        // Before the fake daemon: a command or a stand-in that loses its daemon starts a real one.
        await Eventually.HoldsAsync(() => TestProcesses.KillAll(_directory.Path));
        if (Daemon is not null)
        {
            await Daemon.DisposeAsync();
        }

        _directory.Dispose();
    }

    private static SafeFileHandle CreateFile(string path) => System.IO.File.OpenHandle(path, FileMode.Create, FileAccess.Write);
}

using System.Globalization;
using KataActors.Callers.Tests.Cri;

namespace KataActors.Callers.Tests.Support;

/// <summary>A pod, with its containers, through the Container Runtime Interface.</summary>
internal sealed class CriPod
{
    private readonly CriNode _node;
    private readonly PodSandboxConfig _config;

    private CriPod(CriNode node, PodSandboxConfig config, string id)
    {
        _node = node;
        _config = config;
        Id = id;
    }

    public string Id { get; }

    public static async Task<CriPod> RunAsync(CriNode node, string name, NamespaceMode pid = NamespaceMode.Container, bool privileged = false, Action<PodSandboxConfig>? change = null)
    {
        var config = new PodSandboxConfig
        {
            Metadata = new() { Name = name, Uid = name, Namespace = "test" },
            Hostname = name,
            LogDirectory = Path.Combine(node.Runtime.Directory, "logs", name),
            Linux = new() { SecurityContext = new() { NamespaceOptions = new() { Pid = pid }, Privileged = privileged } },
        };
        change?.Invoke(config);
        return new CriPod(node, config, (await node.Client.RunPodSandboxAsync(new() { Config = config })).PodSandboxId);
    }

    /// <summary>Creates a container of a shell script, without starting it.</summary>
    public async Task<string> CreateAsync(string name, string script, Action<ContainerConfig>? change = null)
    {
        var config = new ContainerConfig
        {
            Metadata = new() { Name = name },
            Image = new() { Image = BusyboxImage.Name },
            Command = { "/bin/sh", "-c", script },
            LogPath = $"{name}.log",
            Linux = new() { SecurityContext = new() { NamespaceOptions = new() { Pid = _config.Linux.SecurityContext.NamespaceOptions.Pid } } },
        };
        change?.Invoke(config);
        return (await _node.Client.CreateContainerAsync(new() { PodSandboxId = Id, Config = config, SandboxConfig = _config })).ContainerId;
    }

    public async Task<string> StartAsync(string name, string script, Action<ContainerConfig>? change = null)
    {
        var id = await CreateAsync(name, script, change);
        await _node.Client.StartContainerAsync(new() { ContainerId = id });
        return id;
    }

    /// <summary>Runs a shell script in a container of its own to its end.</summary>
    /// <returns>Its exit code and what it wrote to its log, each line with the name of its stream.</returns>
    public async Task<(int ExitCode, string Log)> RunToEndAsync(string name, string script, Action<ContainerConfig>? change = null)
    {
        var id = await StartAsync(name, script, change);
        await Eventually.TrueAsync(() => Status(id).State == ContainerState.ContainerExited, () => "the container does not end");
        var code = Status(id).ExitCode;
        await _node.Client.RemoveContainerAsync(new() { ContainerId = id });
        return (code, Log(name));
    }

    /// <summary>The pod's address, as its caller knows it.</summary>
    public string Address => _node.Client.PodSandboxStatus(new() { PodSandboxId = Id }).Status.Network.Ip;

    public ContainerStatus Status(string id) => _node.Client.ContainerStatus(new() { ContainerId = id }).Status;

    /// <summary>The lines of a container's log, without their times: <c>stdout F text</c>.</summary>
    public string Log(string name) => string.Concat(
        File.ReadAllLines(Path.Combine(_config.LogDirectory, $"{name}.log")).Select(line => string.Create(CultureInfo.InvariantCulture, $"{line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]}\n")));

    /// <summary>Runs a shell script in a container as a further process.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> ExecAsync(string id, string script, int timeout = 0)
    {
        var answer = await _node.Client.ExecSyncAsync(new() { ContainerId = id, Cmd = { "/bin/sh", "-c", script }, Timeout = timeout });
        return (answer.ExitCode, answer.Stdout.ToStringUtf8(), answer.Stderr.ToStringUtf8());
    }

    public Task RemoveAsync() => _node.RemovePodAsync(Id);
}

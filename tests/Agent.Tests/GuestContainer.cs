using KataActors.Protocol.Agent;

namespace KataActors.Agent.Tests;

/// <summary>A container in a <see cref="GuestVm"/>: its spec, to be changed before it is created, and the calls of the host.</summary>
internal sealed class GuestContainer : GuestProcess
{
    private static readonly string[] s_tools =
        ["sh", "cat", "echo", "id", "ls", "mount", "ps", "sleep", "true", "uname", "hostname", "stat", "touch", "head", "dd", "readlink", "grep", "seq", "kill", "wc", "env", "pwd", "yes", "mkdir"];

    internal GuestContainer(GuestVm vm, string id, string[] command)
        : base(vm, id, id)
    {
        RootOnHost = Path.Combine(vm.Share, id, "rootfs");
        WriteRoot(RootOnHost);
        Spec = DefaultSpec($"{GuestFixture.SharedFolder}/{id}/rootfs", command);
    }

    internal string Id => ContainerId;

    internal string RootOnHost { get; }

    internal Spec Spec { get; }

    internal Task CreateAsync() =>
        Vm.Agent.CreateContainerAsync(new CreateContainerRequest { ContainerId = Id, ExecId = Id, OCI = Spec }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task StartAsync() =>
        Vm.Agent.StartContainerAsync(new StartContainerRequest { ContainerId = Id }, GuestVm.CallTimeout, CancellationToken.None);

    /// <summary>The outcome of an earlier start.</summary>
    internal Task StartedAsync() =>
        Vm.Agent.StartContainerAsync(new StartContainerRequest { ContainerId = Id, IfBegun = true }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task RemoveAsync() =>
        Vm.Agent.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = Id, Timeout = 10 }, GuestVm.CallTimeout, CancellationToken.None);

    /// <summary>Sends a signal to all of its processes.</summary>
    internal Task SignalAllAsync(int signal) => Vm.Agent.SignalProcessAsync(
        new SignalProcessRequest { ContainerId = Id, Signal = (uint)signal }, GuestVm.CallTimeout, CancellationToken.None);

    /// <summary>A further process, not started yet, with the properties of the first.</summary>
    internal GuestExec Exec(string id, params string[] command)
    {
        var process = Spec.Process.Clone();
        process.Args.Clear();
        process.Args.Add(command);
        return new GuestExec(this, id, process);
    }

    /// <summary>Creates and starts.</summary>
    internal async Task<GuestContainer> BeginAsync()
    {
        await CreateAsync();
        await StartAsync();
        return this;
    }

    /// <summary>Creates, starts, waits for the end, and removes.</summary>
    internal async Task<(int Code, string Output, string Error)> RunAsync()
    {
        await BeginAsync();
        var result = await EndAsync();
        await RemoveAsync();
        return result;
    }

    private static void WriteRoot(string root)
    {
        foreach (var folder in new[] { "bin", "etc", "proc", "sys", "dev", "tmp" })
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.Copy("/bin/busybox", Path.Combine(root, "bin/busybox"));
        foreach (var tool in s_tools)
        {
            File.CreateSymbolicLink(Path.Combine(root, "bin", tool), "busybox");
        }

        File.WriteAllText(Path.Combine(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/srv/web:/bin/sh\n");
    }

    // The relevant parts of podman's and containerd's specs.
    private static Spec DefaultSpec(string root, string[] command)
    {
        string[] capabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT"];
        var spec = new Spec
        {
            Version = "1.0.2",
            Process = new Process
            {
                Args = { command },
                Env = { "PATH=/usr/bin:/bin" },
                Cwd = "/",
                User = new User(),
                Capabilities = new LinuxCapabilities { Bounding = { capabilities }, Effective = { capabilities }, Permitted = { capabilities } },
            },
            Root = new Root { Path = root },
            Linux = new KataActors.Protocol.Agent.Linux { MaskedPaths = { "/proc/kcore", "/proc/acpi" }, ReadonlyPaths = { "/proc/sys" } },
        };
        spec.Mounts.Add(new Mount { Destination = "/proc", Type = "proc", Source = "proc", Options = { "nosuid", "noexec", "nodev" } });
        spec.Mounts.Add(new Mount { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = { "nosuid", "strictatime", "mode=755", "size=65536k" } });
        spec.Mounts.Add(new Mount { Destination = "/dev/pts", Type = "devpts", Source = "devpts", Options = { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } });
        spec.Mounts.Add(new Mount { Destination = "/dev/shm", Type = "tmpfs", Source = "shm", Options = { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } });
        spec.Mounts.Add(new Mount { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue", Options = { "nosuid", "noexec", "nodev" } });
        spec.Mounts.Add(new Mount { Destination = "/sys", Type = "sysfs", Source = "sysfs", Options = { "nosuid", "noexec", "nodev", "ro" } });
        spec.Mounts.Add(new Mount { Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup", Options = { "ro", "nosuid", "noexec", "nodev" } });
        return spec;
    }
}

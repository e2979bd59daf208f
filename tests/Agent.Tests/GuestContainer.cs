using System.Text;
using Google.Protobuf;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Tests;

/// <summary>A container in a <see cref="GuestVm"/>: its spec, to be changed before it is created, and the calls of the host.</summary>
internal sealed class GuestContainer
{
    private static readonly string[] s_tools =
        ["sh", "cat", "echo", "id", "ls", "mount", "ps", "sleep", "true", "uname", "hostname", "stat", "touch", "head", "dd", "readlink", "grep", "seq", "kill", "wc", "env", "pwd", "yes", "mkdir"];

    internal GuestContainer(GuestVm vm, string id, string[] command)
    {
        Vm = vm;
        Id = id;
        RootOnHost = Path.Combine(vm.Share, id, "rootfs");
        WriteRoot(RootOnHost);
        Spec = DefaultSpec($"{GuestFixture.SharedFolder}/{id}/rootfs", command);
    }

    internal GuestVm Vm { get; }

    internal string Id { get; }

    internal string RootOnHost { get; }

    internal Spec Spec { get; }

    internal Task CreateAsync() =>
        Vm.Agent.CreateContainerAsync(new CreateContainerRequest { ContainerId = Id, ExecId = Id, OCI = Spec }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task StartAsync() =>
        Vm.Agent.StartContainerAsync(new StartContainerRequest { ContainerId = Id }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task RemoveAsync() =>
        Vm.Agent.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = Id, Timeout = 10 }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task SignalAsync(int signal, bool all = false) => Vm.Agent.SignalProcessAsync(
        new SignalProcessRequest { ContainerId = Id, ExecId = all ? "" : Id, Signal = (uint)signal }, GuestVm.CallTimeout, CancellationToken.None);

    internal async Task<int> WaitAsync() => (await WaitProcessAsync()).Status;

    /// <summary>The start failure in the report of the process's end.</summary>
    internal async Task<string> StartFailureAsync() => (await WaitProcessAsync()).StartFailure;

    private Task<WaitProcessResponse> WaitProcessAsync() =>
        Vm.Agent.WaitProcessAsync(new WaitProcessRequest { ContainerId = Id, ExecId = Id }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task<ReadStreamResponse> ReadAsync(ulong offset, uint waitMs = 10_000, bool error = false, uint length = 0)
    {
        var request = new ReadStreamRequest { ContainerId = Id, ExecId = Id, Len = length, Offset = offset, WaitMs = waitMs };
        return error
            ? Vm.Agent.ReadStderrAsync(request, GuestVm.CallTimeout, CancellationToken.None)
            : Vm.Agent.ReadStdoutAsync(request, GuestVm.CallTimeout, CancellationToken.None);
    }

    internal async Task<byte[]> ReadToEndAsync(bool error = false)
    {
        using var all = new MemoryStream();
        while (true)
        {
            var answer = await ReadAsync((ulong)all.Length, error: error);
            answer.Data.WriteTo(all);
            if (answer.EndOfStream)
            {
                return all.ToArray();
            }
        }
    }

    internal async Task<uint> WriteAsync(ulong offset, byte[] data) => (await Vm.Agent.WriteStdinAsync(
        new WriteStreamRequest { ContainerId = Id, ExecId = Id, Offset = offset, Data = ByteString.CopyFrom(data) }, GuestVm.CallTimeout, CancellationToken.None)).Len;

    internal Task CloseInputAsync(ulong length) =>
        Vm.Agent.CloseStdinAsync(new CloseStdinRequest { ContainerId = Id, ExecId = Id, Offset = length }, GuestVm.CallTimeout, CancellationToken.None);

    /// <summary>Creates, starts, waits for the end, and removes.</summary>
    internal async Task<(int Code, string Output, string Error)> RunAsync()
    {
        await CreateAsync();
        await StartAsync();
        var output = ReadToEndAsync();
        var error = ReadToEndAsync(error: true);
        var code = await WaitAsync();
        var result = (code, Encoding.UTF8.GetString(await output).TrimEnd('\n'), Encoding.UTF8.GetString(await error).TrimEnd('\n'));
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

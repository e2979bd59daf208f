using System.Net.Sockets;
using System.Runtime.InteropServices;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>
/// Starts QEMU in a session and namespaces of its own, confined (<see cref="VmmConfinement"/>). The listening sockets of monitor and agent channel are made here and
/// inherited, so a client can connect at once, waits in the queue until QEMU accepts, and polls for no socket file.
/// </summary>
public sealed class VmmLauncher : IVmmLauncher
{
    // It holds mount points, and the program of the rehearsal.
    private const string ShareOptions = "mode=0755,size=1m,nr_inodes=65536";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // A VM takes less than ten, and commands take some when no VM can be started any more.
    private const int FreeDescriptors = 2 * DescriptorRoom.Reserve;

    private static readonly TimeSpan s_recognitionTimeout = TimeSpan.FromSeconds(1);

    private readonly VmmConfinement _confinement;

    /// <param name="warn">Gets one sentence for each start condition that the host does not allow to set.</param>
    public VmmLauncher(Action<string>? warn = null) => _confinement = new VmmConfinement(warn ?? (_ => { }));

    /// <inheritdoc/>
    public async Task<VmmProcess> LaunchAsync(
        VmConfig config, SafeHandle? networkNamespace, TimeSpan timeout, CancellationToken cancellation)
    {
        CheckConfig(config);
        if (!DescriptorRoom.Has(FreeDescriptors))
        {
            throw new VmmLaunchException(FailureCode.ResourceExhausted, $"fewer than {FreeDescriptors} descriptors are left to this process (RLIMIT_NOFILE)");
        }

        try
        {
            return await Task.Run(() => SpawnAsync(config, networkNamespace, timeout, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (LinuxException e)
        {
            throw new VmmLaunchException(
                IsProgramAtFault(e) ? FailureCode.InvalidArgument : FailureCode.Internal, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmmLaunchException(FailureCode.Internal, $"run directory \"{config.RunDirectory}\": {e.Message}", e);
        }
        catch (TimeoutException e)
        {
            throw new VmmLaunchException(
                FailureCode.DeadlineExceeded, $"start of \"{config.QemuPath}\" took longer than {timeout.TotalSeconds} s", e);
        }
    }

    // Unless the host is out of resources, the program cannot be executed.
    internal static bool IsProgramAtFault(LinuxException failure) =>
        failure.Call == "posix_spawn" && failure.Errno != Errno.EAGAIN && !Errno.IsShortage(failure.Errno);

    private static void CheckConfig(VmConfig config)
    {
        var problems = config.Validate();
        if (problems.IsEmpty)
        {
            problems =
            [
                .. Files(config)
                    .Where(file => !File.Exists(file.Item2))
                    .Select(file => $"{file.Item1} \"{file.Item2}\": no such file"),
            ];
        }

        if (!problems.IsEmpty)
        {
            throw new VmmLaunchException(FailureCode.InvalidArgument, string.Join("; ", problems));
        }
    }

    private static IEnumerable<(string, string)> Files(VmConfig config)
    {
        IEnumerable<(string, string)> files = [("hypervisor", config.QemuPath), ("kernel", config.KernelPath), ("initramfs", config.InitramfsPath)];
        return config.Template is { Use: TemplateUse.Clone } template
            ? files.Concat([("template memory", template.MemoryFile), ("template state", template.StateFile)])
            : files;
    }

    private async Task<VmmProcess> SpawnAsync(
        VmConfig config, SafeHandle? networkNamespace, TimeSpan timeout, CancellationToken cancellation)
    {
        Directory.CreateDirectory(config.ShareDirectory, OwnerOnly | UnixFileMode.UserExecute);
        if (config.Template is { Use: TemplateUse.Make } template)
        {
            MakeMemoryFile(template.MemoryFile, config.MemoryMib);
        }

        if (config.Accelerator == Accelerator.Tcg)
        {
            // QEMU requests huge pages for the guest's memory and for translated code, but uses a small part of each: clearing them costs more than they save.
            HugePages.Forgo();
        }

        using var monitor = Listen(config.MonitorSocket);
        using var agent = Listen(config.AgentSocket);
        var log = VmmLog.Create();
        try
        {
            var request = new SpawnRequest
            {
                Path = config.QemuPath,
                Arguments = QemuCommandLine.Build(config),
                Descriptors = [null, null, log.File, monitor.SafeHandle, agent.SafeHandle],
                NewSession = true,
                WorkingDirectory = "/",
            };
            NamespaceEntry[] namespaces = networkNamespace is null
                ? [NamespaceEntry.Unshare(NamespaceKinds.Mount | NamespaceKinds.Network)]
                : [NamespaceEntry.Enter(networkNamespace, NamespaceKinds.Network), NamespaceEntry.Unshare(NamespaceKinds.Mount)];
            var unmet = new List<string>();
            using var unclaimed = await NamespaceThread.RunAsync(
                () =>
                {
                    MountShare(config.ShareDirectory);
                    VmmConfinement.TakeOnThread(unmet);
                    return new UnclaimedProcess(ProcessSpawner.Spawn(request));
                },
                timeout,
                namespaces).ConfigureAwait(false);
            _confinement.Give(unclaimed.Pid, unmet);
            cancellation.ThrowIfCancellationRequested();
            var process = unclaimed.Claim(config.Uuid, log);
            log = null;
            return process;
        }
        finally
        {
            log?.Dispose();
        }
    }

    private static void MakeMemoryFile(string path, int mib)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.SetLength(mib * 1024L * 1024L);
    }

    // The guest sees the mount points, but cannot change them: a symbolic link left among them would redirect a later mount.
    private static void MountShare(string directory)
    {
        const MountOptions options = MountOptions.NoSuid | MountOptions.NoDev | MountOptions.NoExec;
        Mounts.MakeRslave("/");
        Mounts.Mount("share", directory, "tmpfs", options, ShareOptions);
        // Before any file is written: a child that another thread is starting has a copy of every descriptor until its execve, and a mount with a file open
        // for writing stays writable.
        Mounts.Mount(null, directory, null, MountOptions.Remount | MountOptions.Bind | MountOptions.ReadOnly | options);
        using var scaffold = VmmMounts.OpenScaffold(directory);
        RehearsalRoot.Make(VmmMounts.DescriptorPath(scaffold));
    }

    private static Socket Listen(string path)
    {
        // Left by an undone launch.
        File.Delete(path);
        return UnixSockets.Listen(path, OwnerOnly);
    }

    /// <summary>A QEMU that was not reported yet. Unless it is claimed, disposing kills and reaps it.</summary>
    private sealed class UnclaimedProcess : IDisposable
    {
        private Pidfd? _pidfd;

        public UnclaimedProcess(Pidfd pidfd) => _pidfd = pidfd;

        public int Pid => _pidfd!.Pid;

        public VmmProcess Claim(Guid uuid, VmmLog log)
        {
            var pidfd = _pidfd!;
            var identity = ProcessIdentity.TryRead(pidfd.Pid)
                ?? throw new LinuxException(Errno.ESRCH, "open", $"/proc/{pidfd.Pid}/stat");
            // For some microseconds the new program has no command line, by which others recognise it.
            SpinWait.SpinUntil(() => VmmFinder.IsVmm(identity, uuid) || !identity.IsAlive(), s_recognitionTimeout);
            _pidfd = null;
            return new VmmProcess(identity, pidfd, log);
        }

        public void Dispose()
        {
            if (_pidfd is { } pidfd)
            {
                pidfd.Signal(Signals.SIGKILL);
                _ = ReapAsync(pidfd);
            }
        }

        private static async Task ReapAsync(Pidfd pidfd)
        {
            using (pidfd)
            {
                await pidfd.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
                pidfd.TryReap();
            }
        }
    }
}

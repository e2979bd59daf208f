using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>
/// Finds the QEMU of a sandbox among all processes, and ends an orphaned one. The uuid on a command line alone proves nothing, since any user
/// may write it there: the process must run for the daemon's own user, and run QEMU. A process that cannot be examined is an error, never skipped.
/// </summary>
public static class VmmFinder
{
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The live processes of this VM; usually one or none.</summary>
    /// <param name="uuid">QEMU's uuid.</param>
    /// <param name="qemuPath">The QEMU program.</param>
    /// <exception cref="LinuxException">A process cannot be examined.</exception>
    /// <exception cref="IOException">The processes cannot be listed.</exception>
    public static IReadOnlyList<ProcessIdentity> Find(Guid uuid, string qemuPath)
    {
        string[] names = [Path.GetFileName(qemuPath), Path.GetFileName(Target(qemuPath))];
        return
        [
            .. ProcessFiles.List()
                // Checked first, since another user's process can delay the read of its command line.
                .Where(pid => ProcessFiles.IsOfUser(pid, Credentials.EffectiveUserId) && SaysUuid(ProcessFiles.CommandLine(pid), uuid))
                .Select(ProcessIdentity.TryRead)
                .OfType<ProcessIdentity>()
                .Where(process => Runs(process.Pid, names) && IsVmm(process, uuid)),
        ];
    }

    /// <summary>Kills the QEMU of that uuid, if there is one, and waits until it is gone. A child of this process is reaped.</summary>
    /// <param name="uuid">QEMU's uuid.</param>
    /// <param name="qemuPath">The QEMU program.</param>
    /// <exception cref="TimeoutException">The kernel does not end it.</exception>
    /// <exception cref="LinuxException">It is unknown whether it is gone.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public static async Task EndAsync(Guid uuid, string qemuPath)
    {
        foreach (var vmm in await Task.Run(() => Find(uuid, qemuPath)).ConfigureAwait(false))
        {
            await EndAsync(vmm, uuid).ConfigureAwait(false);
        }
    }

    /// <summary>Whether that process lives and has this VM's uuid on its command line.</summary>
    /// <exception cref="LinuxException">It cannot be determined.</exception>
    internal static bool IsVmm(ProcessIdentity process, Guid uuid) => SaysUuid(ProcessFiles.CommandLine(process.Pid), uuid) && process.IsAlive();

    private static async Task EndAsync(ProcessIdentity vmm, Guid uuid)
    {
        using var pidfd = Pidfd.TryOpen(vmm);
        if (pidfd is null)
        {
            return;
        }

        pidfd.Signal(Signals.SIGKILL);
        try
        {
            await pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(s_endTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"qemu of vm {uuid}, process {vmm.Pid}, has not ended {s_endTimeout.TotalSeconds} s after SIGKILL", e);
        }

        pidfd.TryReap();
    }

    // By its name, not its folder or inode: a VM runs on when an upgrade replaces QEMU, or the configuration names another folder.
    private static bool Runs(int pid, string[] names) => ProcessFiles.TryReadExecutable(pid) is { } program && names.Contains(Path.GetFileName(program));

    private static string Target(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return path;
        }
    }

    private static bool SaysUuid(string[] arguments, Guid uuid)
    {
        var flag = Array.IndexOf(arguments, QemuCommandLine.UuidFlag);
        return flag >= 0 && flag + 1 < arguments.Length && Guid.TryParse(arguments[flag + 1], out var said) && said == uuid;
    }
}

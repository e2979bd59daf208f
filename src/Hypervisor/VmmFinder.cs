using System.Globalization;
using System.Text;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>Finds the QEMU of a sandbox among all processes, by the uuid of its command line, and ends one that nobody owns.</summary>
public static class VmmFinder
{
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The live process whose command line says that it is this VM; null when there is none.</summary>
    public static ProcessIdentity? Find(Guid uuid)
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && ProcessIdentity.TryRead(pid) is { } identity
                && IsVmm(identity, uuid))
            {
                return identity;
            }
        }

        return null;
    }

    /// <summary>Whether that process lives, and its command line says that it is this VM.</summary>
    public static bool IsVmm(ProcessIdentity process, Guid uuid) =>
        SaysUuid(ReadCommandLine(process.Pid), uuid) && process.IsAlive();

    /// <summary>Kills the QEMU of that uuid, if there is one, and waits until it is gone. A child of ours is reaped.</summary>
    /// <exception cref="TimeoutException">The kernel does not end it.</exception>
    public static async Task EndAsync(Guid uuid)
    {
        if (await Task.Run(() => Find(uuid)).ConfigureAwait(false) is not { } vmm || Pidfd.TryOpen(vmm) is not { } pidfd)
        {
            return;
        }

        using (pidfd)
        {
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
    }

    private static bool SaysUuid(string[] arguments, Guid uuid)
    {
        var flag = Array.IndexOf(arguments, QemuCommandLine.UuidFlag);
        return flag >= 0 && flag + 1 < arguments.Length && Guid.TryParse(arguments[flag + 1], out var said) && said == uuid;
    }

    private static string[] ReadCommandLine(int pid)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

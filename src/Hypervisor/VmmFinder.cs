using System.Globalization;
using System.Text;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>Finds the QEMU of a sandbox among all processes, by the uuid of its command line.</summary>
public static class VmmFinder
{
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

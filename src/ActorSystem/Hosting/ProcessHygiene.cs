using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// Makes a process that some command has started independent of that command: its descriptors, working directory, cgroups and
/// terminal are left.
/// </summary>
internal static class ProcessHygiene
{
    private const int CloseOnExec = 0x80000;
    private const int LastStandardDescriptor = 2;

    /// <summary>Leaves the starter's world. The registration keeps SIGHUP from ending the process until it is disposed.</summary>
    public static PosixSignalRegistration LeaveStarter()
    {
        CloseInheritedDescriptors();
        Directory.SetCurrentDirectory("/");
        FileCreationMask.Set(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        LeaveCgroups(MountInfo.ReadOwn());
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
    }

    /// <summary>
    /// Closes every descriptor above standard error that came from the starter. It is told from the runtime's own by its missing
    /// close-on-exec flag: what had the flag did not survive the exec, and the runtime sets it on all of its own.
    /// </summary>
    public static void CloseInheritedDescriptors()
    {
        foreach (var entry in Directory.GetFiles("/proc/self/fdinfo"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number > LastStandardDescriptor
                && !IsCloseOnExec(entry))
            {
                new SafeFileHandle(number, ownsHandle: true).Dispose();
            }
        }
    }

    /// <summary>Moves this process to the root of every mounted hierarchy; where that is not allowed it stays.</summary>
    public static void LeaveCgroups(IEnumerable<MountInfo> mounts)
    {
        foreach (var mount in mounts.Where(mount => mount is { Type: "cgroup" or "cgroup2", Root: "/" }))
        {
            try
            {
                // The group takes no file that is created or truncated.
                using var members = new FileStream(Path.Combine(mount.MountPoint, "cgroup.procs"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1);
                members.Write("0"u8);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A hierarchy of a container that we run in, or one that is mounted read-only.
            }
        }
    }

    private static bool IsCloseOnExec(string fdinfo)
    {
        try
        {
            var flags = File.ReadLines(fdinfo).First(line => line.StartsWith("flags:", StringComparison.Ordinal))["flags:".Length..].Trim();
            return (Convert.ToInt64(flags, 8) & CloseOnExec) != 0;
        }
        catch (IOException)
        {
            // Closed meanwhile: it was one that the listing itself had opened.
            return true;
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// Makes this process independent of the command that has started it: of its descriptors, working directory, umask, cgroups and terminal.
/// </summary>
internal static class ProcessHygiene
{
    private const int CloseOnExec = 0x80000;
    private const int LastStandardDescriptor = 2;

    /// <summary>Detaches from the starter. SIGHUP does not end the process until the registration is disposed.</summary>
    public static PosixSignalRegistration LeaveStarter()
    {
        CloseInheritedDescriptors();
        Directory.SetCurrentDirectory("/");
        FileCreationMask.Set(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        LeaveCgroups(MountInfo.ReadOwn());
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
    }

    /// <summary>
    /// Closes every descriptor above standard error that the starter has left. Such a descriptor has no close-on-exec flag: with it, it would not
    /// have survived the exec; and the runtime sets the flag on all its own descriptors.
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

    /// <summary>Moves this process to the root of every mounted hierarchy, where permitted.</summary>
    public static void LeaveCgroups(IEnumerable<MountInfo> mounts)
    {
        foreach (var mount in mounts.Where(mount => mount is { Type: "cgroup" or "cgroup2", Root: "/" }))
        {
            try
            {
                // A cgroup file must be opened without creation or truncation.
                using var members = new FileStream(Path.Combine(mount.MountPoint, "cgroup.procs"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1);
                members.Write("0"u8);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A hierarchy of the surrounding container, or one mounted read-only.
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
            // Closed meanwhile: a descriptor of the listing itself.
            return true;
        }
    }
}

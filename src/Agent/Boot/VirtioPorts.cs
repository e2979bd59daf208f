using KataActors.Linux;

namespace KataActors.Agent.Boot;

/// <summary>Finds virtio-serial ports by the name that the host gave them: without udev there is no <c>/dev/virtio-ports</c>.</summary>
internal static class VirtioPorts
{
    private const string UsualPort = "vport0p1";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    /// <summary>The device file of a port. Ports appear a little after their device, so this waits, with a deadline.</summary>
    internal static string Find(string name, string classFolder = "/sys/class/virtio-ports")
    {
        var deadline = Environment.TickCount64 + (long)s_deadline.TotalMilliseconds;
        while (true)
        {
            if (TryFind(name, classFolder) is { } port)
            {
                return $"/dev/{port}";
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new LinuxException(Errno.ENODEV, "find virtio port", name);
            }

            Thread.Sleep(s_pause);
        }
    }

    internal static string? TryFind(string name, string classFolder)
    {
        // Nearly always this one; listing a folder costs more than all other work before the first answer.
        if (HasName($"{classFolder}/{UsualPort}", name))
        {
            return UsualPort;
        }

        if (!KernelFiles.Exists(classFolder))
        {
            return null;
        }

        foreach (var port in Directory.EnumerateDirectories(classFolder))
        {
            if (HasName(port, name))
            {
                return Path.GetFileName(port);
            }
        }

        return null;
    }

    private static bool HasName(string port, string name) =>
        KernelFiles.Exists($"{port}/name") && KernelFiles.Read($"{port}/name").AsSpan().TrimEnd('\n').SequenceEqual(name);
}

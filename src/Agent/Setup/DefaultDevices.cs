using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Setup;

/// <summary>The devices of a container: those of its spec, and those of every container by the runtime spec, unless its own has the name.</summary>
internal static class DefaultDevices
{
    private const uint CharacterDevice = 0x2000;
    private const uint BlockDevice = 0x6000;
    private const uint Fifo = 0x1000;
    private const uint ReadWriteForAll = 0x1b6;
    private const string Terminals = "/dev/ptmx";

    private static readonly (string Path, uint Major, uint Minor)[] s_devices =
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7), ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
    ];

    private static readonly (string Path, string Target)[] s_links =
    [
        (Terminals, "pts/ptmx"), ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ];

    internal static void Create(RootedPath root, IEnumerable<LinuxDevice> added)
    {
        foreach (var device in added)
        {
            if (device.Path == Terminals)
            {
                // A link into the container's own file system of terminals, as in runc.
                continue;
            }

            var permissions = device.FileMode == 0 ? ReadWriteForAll : device.FileMode & 0xfff;
            var number = RootedPath.DeviceNumber((uint)device.Major, (uint)device.Minor);
            if (!root.CreateNode(device.Path, Type(device) | permissions, number, device.UID, device.GID))
            {
                RefuseAnother(root, device);
            }
        }

        foreach (var (path, major, minor) in s_devices)
        {
            root.CreateNode(path, CharacterDevice | ReadWriteForAll, RootedPath.DeviceNumber(major, minor), 0, 0);
        }

        foreach (var (path, target) in s_links)
        {
            root.CreateLink(target, path);
        }
    }

    // The runtime specification asks for an error when the file is not the device.
    private static void RefuseAnother(RootedPath root, LinuxDevice device)
    {
        using var place = root.TryOpenLink(device.Path) ?? throw new LinuxException(Errno.ENOENT, "open", device.Path);
        var found = FileStatus.Of(place);
        if ((uint)found.Kind << FileStatus.KindShift != Type(device) || (found.Kind != FileKind.Fifo && found.Device != ((uint)device.Major, (uint)device.Minor)))
        {
            throw Failures.Invalid($"linux.devices: \"{device.Path}\" is taken by another file, {found.KindInWords}");
        }
    }

    private static uint Type(LinuxDevice device) => device.Type switch
    {
        "c" or "u" => CharacterDevice,
        "b" => BlockDevice,
        "p" => Fifo,
        _ => throw Failures.Invalid($"type \"{device.Type}\" of device \"{device.Path}\" is not one of c, u, b, p"),
    };
}

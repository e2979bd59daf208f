namespace KataActors.Oci;

/// <summary>The devices that a guest has under the same numbers as a host: those of its kernel, none of hardware (Linux's devices.txt).</summary>
public static class GuestDevices
{
    // null, zero, full, random, urandom, kmsg; tty, console, ptmx; net/tun, fuse
    private static readonly (long Major, long Minor)[] s_characters =
        [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (1, 11), (5, 0), (5, 1), (5, 2), (10, 200), (10, 229)];

    /// <summary>Whether all devices are allowed. Engines then list every device of the host: a privileged container.</summary>
    internal static bool AreAllAllowed(ResourcesSpec? resources) => resources?.Devices.Any(rule => rule.Allow && rule.Type is null or "" or "a") == true;

    /// <summary>Whether the guest has a device; a FIFO needs none.</summary>
    public static bool Has(DeviceSpec device) => device.Type == "p" || (device.Type != "b" && s_characters.Contains((device.Major, device.Minor)));
}

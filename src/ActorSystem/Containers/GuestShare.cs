namespace KataActors.Runtime.Containers;

/// <summary>The share as the guest mounts it.</summary>
internal static class GuestShare
{
    /// <summary>A storage of CreateSandbox.</summary>
    public static Protocol.Agent.Storage Storage() => new()
    {
        Driver = "9p",
        Source = GuestPaths.ShareTag,
        Fstype = "9p",
        MountPoint = GuestPaths.Share,
        Options = { "trans=virtio", "version=9p2000.L", "cache=mmap", "msize=262144", "nodev" },
    };
}

namespace KataActors.Runtime.Containers;

/// <summary>The paths and the id of a container in the guest.</summary>
internal static class GuestPaths
{
    /// <summary>The tag of the share.</summary>
    public const string ShareTag = "kataShared";

    /// <summary>Where the guest mounts the share.</summary>
    public const string Share = "/run/kata-containers/shared/containers";

    /// <summary>Where the guest keeps the sandbox's ephemeral volumes.</summary>
    public const string Ephemeral = "/run/kata-containers/sandbox/ephemeral";

    /// <summary>The shared memory of the sandbox's containers.</summary>
    public const string SharedMemory = "/run/kata-containers/sandbox/shm";

    private const int LongestName = 200;

    /// <summary>The container's id in the guest; also the name of its directory below the share.</summary>
    public static string IdOf(ContainerKey key) => HostName.For(key, LongestName, taken: false);

    /// <summary>The root filesystem.</summary>
    public static string Rootfs(string guestId) => $"{Share}/{guestId}/rootfs";

    /// <summary>A bind source.</summary>
    public static string BindSource(string guestId, int mountIndex) => $"{Share}/{guestId}/mounts/{mountIndex}";

    /// <summary>An ephemeral volume, named by the last part of its source on the host.</summary>
    public static string EphemeralVolume(string source) => $"{Ephemeral}/{Path.GetFileName(source.TrimEnd('/'))}";
}

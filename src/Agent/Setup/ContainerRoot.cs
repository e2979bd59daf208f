using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// Builds a container's root in a mount namespace of its own. The root is attached over the namespace's own root (the guest's is an initramfs, where
/// pivot_root(2) does not work): while this process has not entered it, absolute paths still mean the guest's files, and paths of the container
/// are resolved inside the new root.
/// </summary>
internal static class ContainerRoot
{
    private const string Devices = "/dev";

    // The root is in the share, which takes no device nodes.
    private static readonly Mount s_devices = new()
    {
        Destination = Devices,
        Type = "tmpfs",
        Source = "tmpfs",
        Options = { "nosuid", "strictatime", "mode=755", "size=65536k" },
    };

    /// <summary>The finished root, to be entered and then closed by the caller.</summary>
    /// <param name="spec">The container.</param>
    /// <param name="whenMounted">Does what needs the mounts and devices, before some of them become read-only.</param>
    internal static SafeFileHandle Build(Spec spec, Action<RootedPath> whenMounted)
    {
        Mounts.MakeRprivate("/");
        var root = Mounts.CloneTree(spec.Root.Path, recursive: true);
        try
        {
            Mounts.Attach(root, "/");
            var inside = new RootedPath(root);
            var mounter = new SpecMounts(inside);
            foreach (var mount in spec.Mounts.Any(mount => mount.Destination.TrimEnd('/') == Devices) ? spec.Mounts : spec.Mounts.Prepend(s_devices))
            {
                mounter.Add(mount);
            }

            if (!mounter.IsBound(Devices))
            {
                DefaultDevices.Create(inside, spec.Linux?.Devices ?? []);
            }

            whenMounted(inside);
            inside.OpenOrCreateFolder(spec.Process.Cwd).Dispose();
            mounter.Finish();
            PathGuards.Mask(inside, spec.Linux?.MaskedPaths ?? []);
            PathGuards.MakeReadOnly(inside, spec.Linux?.ReadonlyPaths ?? []);
            SetAttributes(root, spec);
            DetachGuestMounts();
            return root;
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    private static void SetAttributes(SafeFileHandle root, Spec spec)
    {
        if (spec.Root.Readonly)
        {
            Mounts.SetReadOnly(root, recursive: false);
        }

        if (MountOptionSet.ParsePropagation(spec.Linux?.RootfsPropagation ?? "", out var recursive) is not MountOptions.None and var propagation)
        {
            Mounts.SetPropagation(root, propagation, recursive);
        }
    }

    // The container could not reach them anyway, but they would keep the guest's mounts busy.
    private static void DetachGuestMounts()
    {
        foreach (var folder in GuestMounts.Folders)
        {
            try
            {
                Mounts.Unmount(folder, detach: true);
            }
            catch (LinuxException failure) when (failure.Errno is Errno.EINVAL or Errno.ENOENT)
            {
                KernelLog.Debug(failure.Message);
            }
        }
    }
}

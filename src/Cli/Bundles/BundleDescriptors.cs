using System.Runtime.InteropServices;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Oci;
using KataActors.Protocol.Control;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Bundles;

/// <summary>
/// The spec's paths, opened in the caller's namespaces: the root filesystem and each bind source as a detached mount, and the network
/// namespace. All are closed with this object; a detached mount that was not sent is then gone.
/// </summary>
internal sealed class BundleDescriptors : IDisposable
{
    private readonly List<SafeFileHandle> _handles = [];
    private readonly List<CarriedDescriptor> _roles = [];

    private BundleDescriptors()
    {
    }

    /// <summary>In the order of <see cref="Roles"/>.</summary>
    public IReadOnlyList<SafeHandle> Handles => _handles;

    public IReadOnlyList<CarriedDescriptor> Roles => _roles;

    /// <summary>The root filesystem.</summary>
    public SafeFileHandle Rootfs => _handles[0];

    /// <summary>
    /// The network namespace that the spec names by path, or a new one: hooks and callers set up that of the stand-in. Null for none.
    /// </summary>
    public SafeHandle? NetworkNamespace { get; private set; }

    /// <summary>The size of the tmpfs that the spec binds on /dev/shm; 0 when there is none, or it has no limit.</summary>
    public long SharedMemoryBytes { get; private set; }

    /// <exception cref="CommandFailure">Something is missing or of the wrong kind.</exception>
    public static BundleDescriptors Open(Bundle bundle)
    {
        var opened = new BundleDescriptors();
        try
        {
            opened.AddRootfs(bundle);
            for (var i = 0; i < bundle.Spec.Mounts.Count; i++)
            {
                if (bundle.Spec.Mounts[i].IsBind)
                {
                    opened.AddBindSource(bundle, i);
                }
            }

            foreach (var entry in bundle.Spec.Linux!.Namespaces.Where(entry => !string.IsNullOrEmpty(entry.Path)))
            {
                opened.AddNamespace(entry);
            }

            if (bundle.Spec.Linux.Namespaces.Any(entry => entry.Type == "network" && string.IsNullOrEmpty(entry.Path)))
            {
                opened.AddNetwork(NewNetwork());
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Dispose() => _handles.ForEach(handle => handle.Dispose());

    private void AddRootfs(Bundle bundle)
    {
        var path = bundle.Resolve(bundle.Spec.Root!.Path!);
        var tree = Clone($"rootfs \"{path}\"", path, recursive: true);
        Add(tree, new CarriedDescriptor { Role = CarriedDescriptor.Types.Role.Rootfs });
        if (FileStatus.Of(tree).Kind != FileKind.Directory)
        {
            throw new CommandFailure($"rootfs \"{path}\": not a directory");
        }
    }

    private void AddBindSource(Bundle bundle, int index)
    {
        var mount = bundle.Spec.Mounts[index];
        var tree = mount.IsOverlay ? Overlay(mount) : Clone(bundle, mount);
        Add(tree, new CarriedDescriptor { Role = CarriedDescriptor.Types.Role.BindSource, MountIndex = (uint)index });
        if (mount.IsSharedMemory)
        {
            SharedMemoryBytes = MemoryFileSystem.SizeOf(tree) ?? 0;
        }
    }

    private static SafeFileHandle Clone(Bundle bundle, MountSpec mount)
    {
        var path = bundle.Resolve(mount.Source!);
        return Clone($"source \"{path}\" of mount \"{mount.Destination}\"", path, mount.IsRecursiveBind);
    }

    // Its options are those of the file system; all others are of the mount, which the guest sets.
    private static SafeFileHandle Overlay(MountSpec mount) => Opened(
        $"overlay of mount \"{mount.Destination}\"",
        () => NewFileSystem.Create("overlay", "overlay", mount.Options.Where(option => option.Contains('=')), attributes: 0));

    // The sandbox has its own namespaces of the other kinds; a given path is only checked for its kind.
    private void AddNamespace(NamespaceSpec entry)
    {
        var handle = Opened($"{entry.Type} namespace \"{entry.Path}\"", () => NamespaceFile.Open(entry.Path!, Enum.Parse<NamespaceKinds>(entry.Type!, ignoreCase: true)));
        if (entry.Type != "network")
        {
            handle.Dispose();
            return;
        }

        if (NamespaceFile.IsHostNetwork(FileStatus.Of(handle).Inode))
        {
            handle.Dispose();
            throw new CommandFailure($"network namespace \"{entry.Path}\" is the host's own, which a VM cannot share");
        }

        AddNetwork(handle);
    }

    private void AddNetwork(SafeFileHandle handle)
    {
        NetworkNamespace = handle;
        Add(handle, new CarriedDescriptor { Role = CarriedDescriptor.Types.Role.NetworkNamespace });
    }

    // It ends with its last process and descriptor.
    private static SafeFileHandle NewNetwork() => Opened(
        "new network namespace",
        () => NamespaceThread.Run(() => Descriptors.Open("/proc/thread-self/ns/net", OpenFlags.ReadOnly), NamespaceEntry.Unshare(NamespaceKinds.Network)));

    private void Add(SafeFileHandle handle, CarriedDescriptor role)
    {
        _handles.Add(handle);
        _roles.Add(role);
    }

    // Private: mounts and unmounts must never travel between the sandbox's mount namespace and the caller's.
    private static SafeFileHandle Clone(string subject, string path, bool recursive) => Opened(subject, () =>
    {
        var tree = Mounts.CloneTree(path, recursive);
        try
        {
            Mounts.SetPropagation(tree, MountOptions.Private, recursive);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    });

    private static SafeFileHandle Opened(string subject, Func<SafeFileHandle> open)
    {
        try
        {
            return open();
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"{subject}: {failure.Cause}", cause: failure);
        }
    }
}

using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Oci;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Bundles;

/// <summary>
/// A mount namespace that shows a container's files, for the stand-in: callers look for them in the mount namespace of the container's pid, and would
/// find the host's there. Nothing of the host can be reached from it, mounts do not travel to or from it, and devices and setuid programs have no effect.
/// It ends with this object and the stand-in.
/// </summary>
internal sealed class ContainerView : IDisposable
{
    private ContainerView(SafeFileHandle handle) => Namespace = handle;

    /// <summary>The namespace.</summary>
    public SafeFileHandle Namespace { get; }

    /// <summary>Shows the root filesystem.</summary>
    /// <exception cref="CommandFailure">The kernel refused.</exception>
    public static ContainerView Of(Bundle bundle) =>
        Make(() => Confined(Mounts.CloneTree(bundle.Resolve(bundle.Spec.Root!.Path!), recursive: true), bundle.Spec.Root.Readonly));

    /// <summary>Shows an empty read-only folder.</summary>
    /// <exception cref="CommandFailure">The kernel refused.</exception>
    public static ContainerView Empty() => Make(EmptyFolder);

    /// <summary>
    /// Adds the spec's mounts, in their order, where the creation of the container has left places for them: bind mounts, and an empty read-only folder
    /// in place of each file system that only the guest has. What cannot be shown is left out.
    /// </summary>
    /// <param name="bundle">The bundle, whose paths are those of the caller's mount namespace.</param>
    /// <param name="leftOut">Takes the reason for each mount that is left out.</param>
    public void AddMounts(Bundle bundle, Action<string> leftOut)
    {
        var trees = new List<(string Place, SafeFileHandle? Tree)>();
        try
        {
            foreach (var mount in bundle.Spec.Mounts.Where(mount => !mount.IsRemount))
            {
                Try(() => trees.Add((mount.Destination!, TreeOf(bundle, mount))));
            }

            Try(() => NamespaceThread.Run(
                () =>
                {
                    using var root = Descriptors.Open("/", OpenFlags.Path | OpenFlags.Directory);
                    trees.ForEach(entry => Try(() => Attach(new RootedPath(root), entry.Place, entry.Tree, leftOut)));
                    return true;
                },
                NamespaceEntry.Enter(Namespace, NamespaceKinds.Mount)));
        }
        finally
        {
            trees.ForEach(entry => entry.Tree?.Dispose());
        }

        void Try(Action step)
        {
            try
            {
                step();
            }
            catch (Exception failure) when (failure is LinuxException or TimeoutException)
            {
                leftOut(failure.Message);
            }
        }
    }

    public void Dispose() => Namespace.Dispose();

    private static ContainerView Make(Func<SafeFileHandle> makeRoot)
    {
        try
        {
            using var root = makeRoot();
            return new ContainerView(NamespaceThread.Run(() => MakeNamespace(root), NamespaceEntry.Unshare(NamespaceKinds.Mount)));
        }
        catch (Exception failure) when (failure is LinuxException or TimeoutException)
        {
            throw new CommandFailure($"mount namespace of the container's stand-in: {failure.Message}", cause: failure);
        }
    }

    private static SafeFileHandle MakeNamespace(SafeFileHandle root)
    {
        var own = Descriptors.Open("/proc/thread-self/ns/mnt", OpenFlags.ReadOnly);
        try
        {
            RootDirectory.Replace(root);
            return own;
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    // The guest has its own file system in place of the engines' /dev/shm. A second overlay of the same directories must not be made.
    private static SafeFileHandle? TreeOf(Bundle bundle, MountSpec mount) => mount is { IsBind: true, IsSharedMemory: false, IsOverlay: false }
        ? Confined(Mounts.CloneTree(bundle.Resolve(mount.Source!), mount.IsRecursiveBind), mount.IsReadOnly)
        : null;

    private static SafeFileHandle EmptyFolder() =>
        Confined(NewFileSystem.Create("tmpfs", "empty", ["mode=555"], attributes: 0), readOnly: true);

    private static SafeFileHandle Confined(SafeFileHandle tree, bool readOnly)
    {
        try
        {
            Mounts.Confine(tree, readOnly);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    // Without a tree an empty folder, which is made here because the end of a mount that was not attached takes milliseconds.
    private static void Attach(RootedPath root, string path, SafeFileHandle? tree, Action<string> leftOut)
    {
        using var place = root.TryOpen(path);
        if (place is null)
        {
            leftOut($"there is no {path}");
            return;
        }

        using var empty = tree is null ? EmptyFolder() : null;
        Mounts.Attach(tree ?? empty!, place, path);
    }
}

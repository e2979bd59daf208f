using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>Makes the mounts of a spec below a container's root, in the order given.</summary>
internal sealed class SpecMounts(RootedPath root)
{
    private readonly HashSet<string> _bound = [];
    private readonly List<SafeFileHandle> _readOnlyLater = [];

    /// <summary>Whether there is a bind mount at exactly this path.</summary>
    internal bool IsBound(string destination) => _bound.Contains(destination);

    internal void Add(Mount mount)
    {
        var options = MountOptionSet.Parse(mount.Options);
        foreach (var option in options.PassedOver)
        {
            KernelLog.Debug($"mount \"{mount.Destination}\": option {option} is ignored");
        }

        try
        {
            if (options.IsRemount)
            {
                Remount(mount, options);
            }
            else if (options.IsBind || mount.Type == "bind")
            {
                Bind(mount, options);
                _bound.Add(mount.Destination.TrimEnd('/'));
            }
            else
            {
                Create(mount, options);
            }
        }
        catch (LinuxException failure)
        {
            throw new LinuxException(failure.Errno, $"mount \"{mount.Source}\" on \"{mount.Destination}\": {failure.Call}", failure.Subject);
        }
    }

    /// <summary>Makes read-only mounts read-only after other mounts and devices were put into them.</summary>
    internal void Finish()
    {
        foreach (var tree in _readOnlyLater)
        {
            Mounts.SetReadOnly(tree, recursive: false);
            tree.Dispose();
        }

        _readOnlyLater.Clear();
    }

    private void Bind(Mount mount, MountOptionSet options)
    {
        using var tree = Mounts.CloneTree(mount.Source, options.IsRecursive);
        using var target = IsFolder(tree) ? root.OpenOrCreateFolder(mount.Destination) : root.OpenOrCreateFile(mount.Destination);
        Mounts.SetAttributes(tree, options.Set, options.Clear, recursive: false);
        Attach(tree, target, mount, options);
    }

    private void Remount(Mount mount, MountOptionSet options)
    {
        using var place = root.TryOpen(mount.Destination) ?? throw new LinuxException(Errno.ENOENT, "open", mount.Destination);
        Mounts.SetAttributes(place, options.Set, options.ClearByRemount, recursive: false);
    }

    private void Create(Mount mount, MountOptionSet options)
    {
        using var target = root.OpenOrCreateFolder(mount.Destination);
        var (type, source) = mount.Type is "cgroup" or "cgroup2" ? ("cgroup2", "cgroup") : (mount.Type, mount.Source);
        var data = type == "cgroup2" ? [] : options.Data;
        var attributes = options.Set;
        if (type == "tmpfs")
        {
            // As runc: the mode of the image's folder is kept unless the spec names one.
            if (!options.HasData("mode"))
            {
                data.Add($"mode={Convert.ToString((int)File.GetUnixFileMode(target), 8)}");
            }

            attributes &= ~MountOption.ReadOnly;
        }

        var tree = NewFileSystem.Create(type, source.Length > 0 ? source : type, data, attributes);
        try
        {
            if (type == "tmpfs" && options.CopiesUp)
            {
                FolderCopy.Copy(target, tree);
            }

            Attach(tree, target, mount, options);
            if (type == "tmpfs" && (options.Set & MountOption.ReadOnly) != 0)
            {
                _readOnlyLater.Add(tree);
                tree = null;
            }
        }
        finally
        {
            tree?.Dispose();
        }
    }

    private static void Attach(SafeFileHandle tree, SafeFileHandle target, Mount mount, MountOptionSet options)
    {
        if ((options.SetRecursive | options.ClearRecursive) != 0)
        {
            Mounts.SetAttributes(tree, options.SetRecursive, options.ClearRecursive, recursive: true);
        }

        if (options.Propagation != MountOptions.None)
        {
            Mounts.SetPropagation(tree, options.Propagation, options.PropagationIsRecursive);
        }

        Mounts.Attach(tree, target, mount.Destination);
    }

    private static bool IsFolder(SafeFileHandle place) => (File.GetAttributes(place) & FileAttributes.Directory) != 0;
}

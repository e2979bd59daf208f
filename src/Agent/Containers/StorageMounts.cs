using KataActors.Agent.Boot;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>Makes the storages of requests available in the guest: each is mounted once, and unmounted when its last user releases it.</summary>
internal sealed class StorageMounts
{
    /// <summary>The supported drivers.</summary>
    internal static readonly IReadOnlyList<string> Drivers = ["9p", "virtio-fs", "ephemeral", "local"];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _users = [];

    /// <summary>Adds all, or none.</summary>
    /// <returns>The mount points, to be passed to <see cref="Release"/>.</returns>
    internal IReadOnlyList<string> Add(IEnumerable<Storage> storages)
    {
        var added = new List<string>();
        try
        {
            foreach (var storage in storages)
            {
                Add(storage);
                added.Add(storage.MountPoint);
            }

            return added;
        }
        catch
        {
            Release(added);
            throw;
        }
    }

    internal void Release(IReadOnlyList<string> mountPoints)
    {
        lock (_gate)
        {
            foreach (var mountPoint in mountPoints.Reverse())
            {
                if (_users.TryGetValue(mountPoint, out var users) && users > 1)
                {
                    _users[mountPoint] = users - 1;
                }
                else if (_users.Remove(mountPoint))
                {
                    Unmount(mountPoint);
                }
            }
        }
    }

    private void Add(Storage storage)
    {
        if (!storage.MountPoint.StartsWith('/'))
        {
            throw Failures.Invalid($"mount point \"{storage.MountPoint}\" of storage \"{storage.Source}\" is not absolute");
        }

        if (!GuestMounts.Folders.Any(folder => storage.MountPoint.StartsWith($"{folder}/", StringComparison.Ordinal)))
        {
            throw Failures.Invalid(
                $"mount point \"{storage.MountPoint}\" of storage \"{storage.Source}\" is below none of {string.Join(", ", GuestMounts.Folders)}");
        }

        lock (_gate)
        {
            var users = _users.GetValueOrDefault(storage.MountPoint);
            if (users == 0)
            {
                Mount(storage);
            }

            _users[storage.MountPoint] = users + 1;
        }
    }

    private static void Mount(Storage storage)
    {
        KernelFiles.MakeDirectories(storage.MountPoint, GuestMounts.FolderMode);
        switch (storage.Driver)
        {
            case "9p":
                Mount(storage, "9p", storage.Source);
                break;
            case "virtio-fs":
                Mount(storage, "virtiofs", storage.Source);
                break;
            case "ephemeral":
                Mount(storage, "tmpfs", "tmpfs");
                break;
            case "local":
                SetMode(storage);
                break;
            default:
                throw Failures.Unsupported($"storage driver \"{storage.Driver}\" is not supported");
        }
    }

    private static void Mount(Storage storage, string type, string source)
    {
        var options = MountOptionSet.Parse(storage.Options.Where(option => !option.StartsWith("fsgid=", StringComparison.Ordinal)));
        using var tree = NewFileSystem.Create(type, source, options.Data, options.Set);
        Mounts.Attach(tree, storage.MountPoint);
    }

    private static void SetMode(Storage storage)
    {
        const string Option = "mode=";
        if (storage.Options.FirstOrDefault(option => option.StartsWith(Option, StringComparison.Ordinal)) is { } mode)
        {
            File.SetUnixFileMode(storage.MountPoint, (UnixFileMode)Convert.ToInt32(mode[Option.Length..], 8));
        }
    }

    private static void Unmount(string mountPoint)
    {
        try
        {
            Mounts.Unmount(mountPoint, detach: true);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EINVAL or Errno.ENOENT)
        {
            // A local storage is a folder, not a mount.
            KernelLog.Debug(failure.Message);
        }
    }
}

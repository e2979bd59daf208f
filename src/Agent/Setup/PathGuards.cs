using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Oci;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>Hides paths from a container, or makes them read-only. Paths that do not exist need neither.</summary>
internal static class PathGuards
{
    internal static void Mask(RootedPath root, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            using var target = root.TryOpen(path);
            if (target is null)
            {
                continue;
            }

            using var cover = IsFolder(target)
                ? NewFileSystem.Create("tmpfs", "tmpfs", [], MountOption.ReadOnly)
                : Mounts.CloneTree("/dev/null", recursive: false);
            Mounts.Attach(cover, target, path);
        }
    }

    internal static void MakeReadOnly(RootedPath root, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            using var target = root.TryOpen(path);
            if (target is null)
            {
                continue;
            }

            using var tree = Mounts.CloneTree(target, recursive: true, path);
            Mounts.SetReadOnly(tree, recursive: true);
            Mounts.Attach(tree, target, path);
        }
    }

    private static bool IsFolder(SafeFileHandle place) => (File.GetAttributes(place) & FileAttributes.Directory) != 0;
}

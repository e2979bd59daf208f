using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux.Guest;

/// <summary>
/// Paths that are resolved inside a directory as if it were the root: neither <c>..</c> nor a symbolic link leads out of it
/// (openat2(2), RESOLVE_IN_ROOT).
/// </summary>
public sealed class RootedPath(SafeFileHandle root)
{
    private const int TriesAgainstRenames = 16;
    private const int MostLinks = 40;
    private const int LongestLink = 4096;
    private const uint FolderMode = 0x1ed;
    private const uint EmptyFile = 0x81a4;

    /// <summary>The root itself, owned by the creator of this object.</summary>
    public SafeFileHandle Root => root;

    /// <summary>The file at the path (an <c>O_PATH</c> descriptor, links followed), or null when it, or a folder on the way, is missing.</summary>
    public SafeFileHandle? TryOpen(string path) => TryOpen(path, OpenFlags.Path);

    /// <summary>As <see cref="TryOpen(string)"/>, but a symbolic link at the end is opened itself.</summary>
    public SafeFileHandle? TryOpenLink(string path) => TryOpen(path, OpenFlags.Path | OpenFlags.NoFollow);

    /// <summary>Opens for reading, without waiting where it is a FIFO; null when it is missing.</summary>
    public SafeFileHandle? TryOpenRead(string path) => TryOpen(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);

    /// <summary>Opens for reading and writing, without waiting, and without a controlling terminal; null when it is missing.</summary>
    public SafeFileHandle? TryOpenReadWrite(string path) =>
        TryOpen(path, OpenFlags.ReadWrite | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);

    /// <summary>
    /// The folder at <paramref name="path"/>; every missing one on the way is made with <paramref name="mode"/>, also behind links.
    /// </summary>
    public SafeFileHandle OpenOrCreateFolder(string path, uint mode = FolderMode) =>
        OpenOrCreate(path, MostLinks, (folder, name) => LibC.mkdirat(folder, name, mode));

    /// <summary>The file at <paramref name="path"/>; when it is missing an empty one is made, and the folders above it.</summary>
    public SafeFileHandle OpenOrCreateFile(string path) =>
        OpenOrCreate(path, MostLinks, (folder, name) => LibC.mknodat(folder, name, EmptyFile, 0));

    /// <summary>Makes a symbolic link unless the name exists.</summary>
    public void CreateLink(string target, string path)
    {
        var (parent, name) = Split(path);
        using var folder = OpenOrCreateFolder(parent);
        if (LibC.symlinkat(target, folder, name) != 0)
        {
            ThrowUnlessExists("symlink", path);
        }
    }

    /// <summary>Makes a device node or fifo; false when the name exists.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mode">File type and permissions, as in stat(2); the umask applies.</param>
    /// <param name="device">The device number, see <see cref="DeviceNumber"/>.</param>
    /// <param name="user">Its owner.</param>
    /// <param name="group">Its group.</param>
    public bool CreateNode(string path, uint mode, ulong device, uint user, uint group)
    {
        var (parent, name) = Split(path);
        using var folder = OpenOrCreateFolder(parent);
        if (LibC.mknodat(folder, name, mode, device) != 0)
        {
            ThrowUnlessExists("mknod", path);
            return false;
        }

        if ((user | group) != 0 && LibC.fchownat(folder, name, user, group, GuestConstants.AtSymlinkNoFollow) != 0)
        {
            throw LinuxException.Last("chown", path);
        }

        return true;
    }

    /// <summary>The number of a device as mknod(2) takes it.</summary>
    public static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    private SafeFileHandle OpenOrCreate(string path, int linksLeft, Func<SafeFileHandle, string, int> create)
    {
        if (TryOpen(path) is { } existing)
        {
            return existing;
        }

        var (parent, name) = Split(path);
        using var folder = OpenOrCreateFolder(parent);
        if (name is not ("." or "..") && create(folder, name) != 0)
        {
            ThrowUnlessExists("create", path);
            // It exists but cannot be opened: a dangling link.
            if (linksLeft > 0 && ReadLink(folder, name) is { } target)
            {
                return OpenOrCreate(target.StartsWith('/') ? target : $"{parent}/{target}", linksLeft - 1, create);
            }
        }

        return TryOpen(path) ?? throw new LinuxException(Errno.ENOENT, "open", path);
    }

    /// <summary>The target of a symbolic link: of the one with that name, or, for an empty name, of the descriptor's own. Null when it is none.</summary>
    internal static string? ReadLink(SafeFileHandle folder, string name) =>
        ReadLinkBytes(folder, name) is { Length: > 0 } target ? System.Text.Encoding.UTF8.GetString(target) : null;

    /// <summary>The same as bytes; empty when it is none.</summary>
    internal static unsafe byte[] ReadLinkBytes(SafeFileHandle folder, string name)
    {
        var target = stackalloc byte[LongestLink];
        // SAFETY: the kernel writes no more than the length says.
        var length = LibC.readlinkat(folder, name, target, LongestLink);
        return new ReadOnlySpan<byte>(target, (int)Math.Max(0, length)).ToArray();
    }

    private SafeFileHandle? TryOpen(string path, OpenFlags flags)
    {
        for (var attempt = 0; ; attempt++)
        {
            var opened = Open(path, flags);
            if (opened >= 0)
            {
                return LibC.Own(opened);
            }

            var failure = LinuxException.Last("openat2", path);
            if (failure.Errno is Errno.ENOENT)
            {
                return null;
            }

            // With a concurrent rename the kernel may be unable to prove that ".." stayed below the root.
            if (failure.Errno != Errno.EAGAIN || attempt == TriesAgainstRenames)
            {
                throw failure;
            }
        }
    }

    private unsafe long Open(string path, OpenFlags flags)
    {
        var how = new OpenHow
        {
            Flags = (ulong)(flags | OpenFlags.CloseOnExec),
            Resolve = GuestConstants.ResolveInRoot | GuestConstants.ResolveNoMagicLinks,
        };
        // SAFETY: the kernel reads as many bytes as the size says, during the call.
        return LibC.openat2(GuestConstants.SysOpenat2, root, path, &how, sizeof(OpenHow));
    }

    private static (string Parent, string Name) Split(string path)
    {
        var trimmed = path.TrimEnd('/');
        var slash = trimmed.LastIndexOf('/');
        var name = trimmed[(slash + 1)..];
        return name.Length == 0
            ? throw new LinuxException(Errno.ENOENT, "open", path)
            : (slash <= 0 ? "/" : trimmed[..slash], name);
    }

    private static void ThrowUnlessExists(string call, string path)
    {
        var failure = LinuxException.Last(call, path);
        if (failure.Errno != Errno.EEXIST)
        {
            throw failure;
        }
    }
}

using KataActors.Linux.Guest;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>The way to an <see cref="OwnFolder"/>, from the root directory on.</summary>
internal sealed class FolderWalk(string path, bool create) : IDisposable
{
    private const int MostLinks = 40;
    private const uint OwnerOnly = 0b111_000_000;
    private const OpenFlags Flags = OpenFlags.Path | OpenFlags.NoFollow;

    private readonly Stack<(string Name, bool IsOfLink)> _left = new();
    private SafeFileHandle? _folder;
    private FileStatus _status;
    private string _name = "/";
    private int _links;

    /// <summary>The folder, owned by the caller; null when it is missing and should not be made.</summary>
    public SafeFileHandle? Run()
    {
        Plan(path, isOfLink: false);
        Enter(Descriptors.Open("/", Flags | OpenFlags.Directory), "/");
        while (_left.TryPop(out var part))
        {
            if (!Step(part.Name, part.IsOfLink))
            {
                return null;
            }
        }

        if (_status.UserId != Credentials.EffectiveUserId)
        {
            throw Unsafe($"is owned by user {_status.UserId}");
        }

        if (_status.IsWritableByOthers)
        {
            throw Unsafe("is writable by other users");
        }

        var found = _folder;
        _folder = null;
        return found;
    }

    public void Dispose() => _folder?.Dispose();

    private bool Step(string name, bool isOfLink)
    {
        RefuseStrangersFolder();
        var full = Path.GetFullPath(Path.Combine(_name, name));
        var next = TryOpen(name, full);
        if (next is null && isOfLink)
        {
            throw Unsafe($"is reached through a symbolic link that leads to \"{full}\", which does not exist", Errno.ENOENT);
        }

        if (next is null && !create)
        {
            return false;
        }

        next ??= Make(name, full);
        var status = FileStatus.Of(next);
        if (status.Kind == FileKind.Directory)
        {
            Enter(next, full);
            return true;
        }

        using (next)
        {
            if (status.Kind != FileKind.SymbolicLink)
            {
                throw Unsafe(_left.Count == 0 ? $"is {status.KindInWords}, not a folder" : $"lies below \"{full}\", which is {status.KindInWords}", Errno.ENOTDIR);
            }

            Follow(next, status, full);
            return true;
        }
    }

    // Where other users can write, they can replace an entry after its check, unless the sticky bit prevents it.
    private void RefuseStrangersFolder()
    {
        if (!IsTrusted(_status.UserId))
        {
            throw Unsafe($"lies in \"{_name}\", which user {_status.UserId} owns");
        }

        if (_status is { IsWritableByOthers: true, IsSticky: false })
        {
            throw Unsafe($"lies in \"{_name}\", which is writable by other users");
        }
    }

    private void Follow(SafeFileHandle link, FileStatus status, string full)
    {
        if (!IsTrusted(status.UserId))
        {
            throw Unsafe($"is reached through the symbolic link \"{full}\", which user {status.UserId} owns");
        }

        if (_status.IsWritableByOthers)
        {
            throw Unsafe($"is reached through the symbolic link \"{full}\", which lies where other users can write");
        }

        if (++_links > MostLinks)
        {
            throw new LinuxException(Errno.ELOOP, "open", path);
        }

        var target = RootedPath.ReadLink(link, "") ?? throw new LinuxException(Errno.ENOENT, "readlink", full);
        Plan(target, isOfLink: true);
        if (target.StartsWith('/'))
        {
            Enter(Descriptors.Open("/", Flags | OpenFlags.Directory), "/");
        }
    }

    private void Plan(string parts, bool isOfLink)
    {
        foreach (var part in parts.Split('/').Reverse().Where(part => part is not ("" or ".")))
        {
            _left.Push((part, isOfLink));
        }
    }

    private void Enter(SafeFileHandle folder, string name)
    {
        _folder?.Dispose();
        _folder = folder;
        _status = FileStatus.Of(folder);
        _name = name;
    }

    private SafeFileHandle? TryOpen(string name, string full)
    {
        var fd = LibC.openat(_folder!, name, (int)(Flags | OpenFlags.CloseOnExec), 0);
        if (fd >= 0)
        {
            return LibC.Own(fd);
        }

        var failure = LinuxException.Last("open", full);
        return failure.Errno == Errno.ENOENT ? null : throw failure;
    }

    private SafeFileHandle Make(string name, string full)
    {
        if (LibC.mkdirat(_folder!, name, OwnerOnly) != 0 && LinuxException.Last("mkdir", full) is { } failure && failure.Errno != Errno.EEXIST)
        {
            throw failure;
        }

        return TryOpen(name, full) ?? throw new LinuxException(Errno.ENOENT, "open", full);
    }

    private static bool IsTrusted(uint user) => user == 0 || user == Credentials.EffectiveUserId;

    private LinuxException Unsafe(string cause, int errno = Errno.EACCES) => new(errno, "open", path, cause);
}

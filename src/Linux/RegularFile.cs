using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>
/// Opens files by untrusted paths. The type of the file is checked before the open: opening a FIFO may block for ever, and opening a
/// device may have effects.
/// </summary>
public static class RegularFile
{
    // Other processes may make or remove the file between two checks.
    private const int MostTries = 8;

    /// <summary>Opens a regular file. With <see cref="OpenFlags.NoFollow"/> a symbolic link in its place is refused.</summary>
    /// <exception cref="LinuxException">It is missing, not a regular file, or must not be opened.</exception>
    public static SafeFileHandle Open(string path, OpenFlags flags = OpenFlags.ReadOnly)
    {
        using var place = Descriptors.Open(path, OpenFlags.Path | (flags & OpenFlags.NoFollow));
        var status = FileStatus.Of(place);
        return status.Kind switch
        {
            FileKind.Regular => Descriptors.Reopen(place, flags & ~OpenFlags.NoFollow, path),
            FileKind.SymbolicLink => throw new LinuxException(Errno.ELOOP, "open", path, "is a symbolic link, not a regular file"),
            FileKind.Directory => throw new LinuxException(Errno.EISDIR, "open", path),
            _ => throw new LinuxException(Errno.EINVAL, "open", path, $"is {status.KindInWords}, not a regular file"),
        };
    }

    /// <summary>As <see cref="Open"/>, but makes a missing file.</summary>
    public static SafeFileHandle OpenOrCreate(string path, OpenFlags flags, uint mode)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Open(path, flags);
            }
            catch (LinuxException failure) when (failure.Errno == Errno.ENOENT)
            {
                // Created below.
            }

            try
            {
                return Descriptors.Open(path, flags | OpenFlags.Create | OpenFlags.Exclusive, mode);
            }
            catch (LinuxException failure) when (failure.Errno == Errno.EEXIST && attempt < MostTries)
            {
                // Another process was faster.
            }
        }
    }

    /// <summary>Replaces the content of a regular file, which is made when it is missing; a symbolic link in its place is refused.</summary>
    /// <exception cref="LinuxException">As for <see cref="Open"/>, or there is no room.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, uint mode)
    {
        using var file = OpenOrCreate(path, OpenFlags.WriteOnly | OpenFlags.Truncate | OpenFlags.NoFollow, mode);
        BlockingStreams.Write(file, content);
    }

    /// <summary>The same, atomically: at each moment the path has the old content or the new one, whole. A symbolic link in its place is replaced.</summary>
    /// <exception cref="LinuxException">The unfinished file, whose name has a tilde at its end, cannot be written; the old content stays.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, uint mode)
    {
        var unfinished = path + "~";
        Write(unfinished, content, mode);
        FileNames.Rename(unfinished, path);
    }

    /// <summary>All bytes of a regular file.</summary>
    /// <exception cref="LinuxException">As for <see cref="Open"/>, or it is larger than <paramref name="most"/> bytes.</exception>
    public static byte[] ReadAll(string path, OpenFlags flags = OpenFlags.ReadOnly, int most = 16 * 1024 * 1024)
    {
        using var file = Open(path, flags);
        return ReadAll(file, path, most);
    }

    /// <summary>All bytes of a regular file that this process's user owns and no other may write to; a symbolic link in its place is refused.</summary>
    /// <exception cref="LinuxException">As for <see cref="ReadAll(string, OpenFlags, int)"/>, or it is another user's (EPERM).</exception>
    public static byte[] ReadOwn(string path, int most)
    {
        using var file = Open(path, OpenFlags.NoFollow);
        var status = FileStatus.Of(file);
        return status.UserId == Credentials.EffectiveUserId && !status.IsWritableByOthers
            ? ReadAll(file, path, most)
            : throw new LinuxException(Errno.EPERM, "read", path, "belongs to another user, or may be written by one");
    }

    /// <summary>All bytes from the file's offset on; <paramref name="path"/> names it in an error.</summary>
    /// <exception cref="LinuxException">It cannot be read, or is larger than <paramref name="most"/> bytes.</exception>
    public static byte[] ReadAll(SafeFileHandle file, string path, int most)
    {
        using var content = new MemoryStream();
        var chunk = new byte[64 * 1024];
        for (int count; (count = BlockingStreams.Read(file, chunk)) > 0;)
        {
            content.Write(chunk, 0, count);
            if (content.Length > most)
            {
                throw new LinuxException(Errno.EFBIG, "read", path);
            }
        }

        return content.ToArray();
    }
}

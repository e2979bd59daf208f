using System.Buffers;
using System.Text;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// Files and directories of the kernel's virtual file systems (cgroupfs, procfs, sysfs), where each error number has a meaning and each write is one
/// command.
/// </summary>
public static class KernelFiles
{
    private const int ReadChunk = 4 * 1024;
    private const int LargestFile = 16 * 1024 * 1024;

    /// <summary>Writes <paramref name="text"/> in one write(2), without creating or truncating the file.</summary>
    public static unsafe void Write(string path, string text)
    {
        using var file = Descriptors.Open(path, OpenFlags.WriteOnly);
        var bytes = Encoding.UTF8.GetBytes(text);
        nint written;
        do
        {
            // SAFETY: the kernel reads no more than the length says, during the call.
            fixed (byte* first = bytes)
            {
                written = LibC.WriteFile(file, first, (nuint)bytes.Length);
            }

            if (written < 0 && LinuxException.Last("write", path) is { } failure && failure.Errno != Errno.EINTR)
            {
                throw failure;
            }
        }
        while (written < 0);
    }

    /// <summary>All of the file, which is at most 16 MiB.</summary>
    public static string Read(string path) => Encoding.UTF8.GetString(ReadBytes(path));

    /// <summary>All of the file, which is at most 16 MiB.</summary>
    public static byte[] ReadBytes(string path)
    {
        var bytes = ReadStart(path, LargestFile + 1);
        return bytes.Length <= LargestFile ? bytes : throw new LinuxException(Errno.EFBIG, "read", path);
    }

    /// <summary>The first <paramref name="most"/> bytes of the file.</summary>
    public static unsafe byte[] ReadStart(string path, int most)
    {
        using var file = Descriptors.Open(path, OpenFlags.ReadOnly);
        var read = new ArrayBufferWriter<byte>(ReadChunk);
        while (true)
        {
            var chunk = read.GetSpan(ReadChunk)[..Math.Min(ReadChunk, most - read.WrittenCount)];
            nint count;
            // SAFETY: the kernel writes no more than the length says.
            fixed (byte* first = chunk)
            {
                count = LibC.ReadFile(file, first, (nuint)chunk.Length);
            }

            if (count == 0)
            {
                // The end, or no room for more.
                return read.WrittenSpan.ToArray();
            }

            if (count > 0)
            {
                read.Advance((int)count);
            }
            else if (LinuxException.Last("read", path) is { } failure && failure.Errno != Errno.EINTR)
            {
                throw failure;
            }
        }
    }

    /// <summary>mkdir(2). False when the name exists already.</summary>
    public static bool MakeDirectory(string path, UnixFileMode mode)
    {
        if (LibC.mkdir(path, (uint)mode) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("mkdir", path);
        return failure.Errno == Errno.EEXIST ? false : throw failure;
    }

    /// <summary>Makes a directory and its missing parents.</summary>
    public static void MakeDirectories(string path, UnixFileMode mode)
    {
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            MakeDirectory(path[..slash], mode);
        }

        MakeDirectory(path, mode);
    }

    /// <summary>Whether the path exists.</summary>
    /// <exception cref="LinuxException">Unknown: an error other than ENOENT and ENOTDIR.</exception>
    public static bool Exists(string path)
    {
        if (LibC.access(path, 0) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("access", path);
        return failure.Errno is Errno.ENOENT or Errno.ENOTDIR ? false : throw failure;
    }

    /// <summary>rmdir(2). False when there is no such directory.</summary>
    public static bool RemoveDirectory(string path)
    {
        if (LibC.rmdir(path) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("rmdir", path);
        return failure.Errno == Errno.ENOENT ? false : throw failure;
    }
}

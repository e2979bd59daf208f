using System.Text;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Extended attributes of files and directories (xattr(7)), as text.</summary>
public static class ExtendedAttributes
{
    private const int LongestValue = 256;

    /// <summary>The value of an attribute of at most 256 bytes; null when the file or the attribute does not exist.</summary>
    public static unsafe string? TryRead(string path, string name)
    {
        var value = stackalloc byte[LongestValue];
        // SAFETY: the kernel writes no more than the length says.
        var length = LibC.getxattr(path, name, value, LongestValue);
        if (length >= 0)
        {
            return Encoding.UTF8.GetString(value, (int)length);
        }

        var failure = LinuxException.Last("getxattr", path);
        return failure.Errno is Errno.ENODATA or Errno.ENOENT ? null : throw failure;
    }

    /// <summary>Sets an attribute; replaces an existing one.</summary>
    public static unsafe void Set(string path, string name, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        // SAFETY: the kernel reads no more than the length says.
        fixed (byte* first = bytes)
        {
            if (LibC.setxattr(path, name, first, (nuint)bytes.Length, 0) != 0)
            {
                throw LinuxException.Last("setxattr", path);
            }
        }
    }

    /// <summary>Removes an attribute, if it exists.</summary>
    public static void Remove(string path, string name)
    {
        if (LibC.removexattr(path, name) != 0 && LinuxException.Last("removexattr", path) is { Errno: not (Errno.ENODATA or Errno.ENOENT) } failure)
        {
            throw failure;
        }
    }
}

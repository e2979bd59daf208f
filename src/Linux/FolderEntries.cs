using System.Buffers.Binary;
using System.Text;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>The names in an open folder, as the kernel has them (getdents64(2)): any bytes but <c>/</c> and NUL, not always UTF-8.</summary>
internal static class FolderEntries
{
    private const int BufferSize = 16 * 1024;

    // struct linux_dirent64
    private const int LengthOffset = 16;
    private const int KindOffset = 18;
    private const int NameOffset = 19;
    private const byte FolderKind = 4;

    /// <summary>All entries but <c>.</c> and <c>..</c>, read piece by piece: what is added meanwhile may be among them or not.</summary>
    /// <param name="folder">Open, also as <c>O_PATH</c>.</param>
    /// <param name="path">Its name in error messages.</param>
    internal static IEnumerable<Entry> Read(SafeFileHandle folder, string path)
    {
        using var reading = Descriptors.Reopen(folder, OpenFlags.ReadOnly | OpenFlags.Directory, path);
        var buffer = new byte[BufferSize];
        for (int read; (read = Fill(reading, buffer, path)) > 0;)
        {
            for (int at = 0, length; at < read; at += length)
            {
                length = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + LengthOffset));
                var name = buffer.AsSpan((at + NameOffset)..(at + length));
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                {
                    yield return new Entry(name.ToArray(), buffer[at + KindOffset] == FolderKind);
                }
            }
        }
    }

    private static unsafe int Fill(SafeFileHandle folder, byte[] buffer, string path)
    {
        // SAFETY: the kernel writes no more than the length says.
        fixed (byte* first = buffer)
        {
            var read = LibC.getdents64(Constants.SysGetdents64, folder, first, buffer.Length);
            return read >= 0 ? (int)read : throw LinuxException.Last("getdents64", path);
        }
    }

    /// <summary>An entry.</summary>
    internal sealed class Entry(byte[] name, bool isFolder)
    {
        /// <summary>Its name, with the NUL that ends it for the kernel.</summary>
        internal byte[] Name => name;

        /// <summary>Whether the file system says that it is a folder.</summary>
        internal bool IsFolder => isFolder;

        /// <summary>The name for messages.</summary>
        internal string Text => Encoding.UTF8.GetString(name.AsSpan(..^1));
    }
}

using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The pages of a program's file that a process has written: they are its own, and no longer the file's (proc_pid_pagemap(5)).</summary>
internal static class ProgramPages
{
    private const ulong Present = 1UL << 63;
    private const ulong OfFile = 1UL << 61;
    private const int EntrySize = sizeof(ulong);

    /// <summary>The content of each written page, by its address.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="isWanted">Says by their permissions, such as <c>r--p</c>, which mappings count.</param>
    public static Dictionary<long, byte[]> ReadWritten(int pid, Func<string, bool> isWanted)
    {
        var program = new FileInfo($"/proc/{pid}/exe").LinkTarget!;
        using var table = File.OpenHandle($"/proc/{pid}/pagemap");
        using var memory = File.OpenHandle($"/proc/{pid}/mem");
        var pages = new Dictionary<long, byte[]>();
        foreach (var line in File.ReadLines($"/proc/{pid}/maps").Where(line => line.EndsWith(program, StringComparison.Ordinal)))
        {
            // from-to permissions offset device inode path
            var fields = line.Split(' ', 3);
            if (isWanted(fields[1]))
            {
                var (from, to) = (Number(fields[0].Split('-')[0]), Number(fields[0].Split('-')[1]));
                for (var page = from; page < to; page += Environment.SystemPageSize)
                {
                    if (IsWritten(table, page))
                    {
                        pages[page] = Read(memory, page, Environment.SystemPageSize);
                    }
                }
            }
        }

        return pages;
    }

    private static bool IsWritten(SafeFileHandle table, long page) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(Read(table, page / Environment.SystemPageSize * EntrySize, EntrySize)) & (Present | OfFile)) == Present;

    private static byte[] Read(SafeFileHandle file, long offset, int length)
    {
        var bytes = new byte[length];
        Assert.Equal(length, RandomAccess.Read(file, bytes, offset));
        return bytes;
    }

    private static long Number(string hexadecimal) => long.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

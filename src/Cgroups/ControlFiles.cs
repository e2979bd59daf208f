using System.Collections.Immutable;
using System.Globalization;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>Reads and writes the values in control files.</summary>
internal sealed class ControlFiles(ICgroupFileSystem files)
{
    private const string Unlimited = "max";

    /// <summary>A v1 number of bytes above this means no limit: the kernel's largest number, rounded down to whole pages.</summary>
    private const long NoLimit = long.MaxValue / 2;

    /// <summary>The file's text without the line's end; null when the group, or the file in it, does not exist.</summary>
    internal string? TryRead(string group, string file)
    {
        try
        {
            return files.Read(Path.Combine(group, file)).TrimEnd('\n');
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            // ENODEV: the group was removed between open and read.
            return null;
        }
    }

    /// <summary>A number; null when there is none, or no limit.</summary>
    internal long? TryReadNumber(string group, string file) => Number(TryRead(group, file));

    internal ImmutableDictionary<string, long> ReadTable(string group, string file) => (TryRead(group, file) ?? "")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .Where(fields => fields.Length == 2)
        .ToImmutableDictionary(fields => fields[0], fields => long.Parse(fields[1], CultureInfo.InvariantCulture));

    /// <summary>Writes the value unless the file has it already.</summary>
    internal void Set(string group, string file, string value)
    {
        if (TryRead(group, file) != value)
        {
            files.Write(Path.Combine(group, file), value);
        }
    }

    /// <summary>Writes the value unless the file has it already; explains a refusal of the kernel.</summary>
    internal void Set(string group, string file, string value, string explanation)
    {
        try
        {
            Set(group, file, value);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EINVAL or Errno.EBUSY or Errno.EACCES or Errno.ENOENT or Errno.ENOSPC)
        {
            throw new CgroupException(FailureCode.FailedPrecondition, $"{explanation}: {failure.Message}");
        }
    }

    internal static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string LimitText(long? limit) => limit is { } number ? Text(number) : Unlimited;

    internal static long? Number(string? text) =>
        long.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < NoLimit ? number : null;
}

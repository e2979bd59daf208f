using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// How many descriptors this process may still open. Each thread of the .NET runtime (CoreCLR) takes two, a pipe, and the runtime ends the process when it
/// cannot start one: what takes many descriptors, or takes them for long, leaves the <see cref="Reserve"/>.
/// </summary>
public static class DescriptorRoom
{
    /// <summary>What is left to the runtime's threads, and to the work at hand.</summary>
    public const int Reserve = 24;

    private const short Closed = 0x20;
    private const int Most = 1024;

    /// <summary>Whether at least <paramref name="count"/> more (at most 1024) may be opened.</summary>
    public static bool Has(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Most);
        var limit = (int)Math.Min(ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft, int.MaxValue);
        return limit > count && (AreClosed(limit - count, count) || limit - Count() >= count);
    }

    // The usual case, and cheap: the kernel gives the lowest number that is free, so the last ones are used when all are.
    private static unsafe bool AreClosed(int first, int count)
    {
        var entries = stackalloc LibC.PollEntry[count];
        for (var i = 0; i < count; i++)
        {
            entries[i] = new LibC.PollEntry { Descriptor = first + i };
        }

        // SAFETY: the kernel writes to that many entries, which live on this stack. POLLNVAL marks a number that is not open.
        var marked = LibC.poll(entries, (ulong)count, 0);
        for (var i = 0; i < count; i++)
        {
            if (marked != count || entries[i].ReturnedEvents != Closed)
            {
                return false;
            }
        }

        return true;
    }

    private static int Count()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        }
        catch (IOException)
        {
            // Not even one is left for the folder.
            return int.MaxValue;
        }
    }
}

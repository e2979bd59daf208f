using System.Numerics;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>The CPUs that a thread may run on (sched_setaffinity(2)).</summary>
public static class CpuAffinity
{
    /// <summary>The numbers of CPUs are below this.</summary>
    public const int MostCpus = 8192;

    private const int BitsPerWord = 64;
    private const int Words = MostCpus / BitsPerWord;

    /// <summary>Lets a thread run on these CPUs only. Fails with ESRCH when it has ended, with EINVAL when it may run on none of them.</summary>
    public static unsafe void Set(int tid, IReadOnlyCollection<int> cpus)
    {
        var mask = new ulong[Words];
        foreach (var cpu in cpus)
        {
            mask[cpu / BitsPerWord] |= 1UL << (cpu % BitsPerWord);
        }

        // SAFETY: the kernel reads no more than the length says.
        fixed (ulong* first = mask)
        {
            if (LibC.sched_setaffinity(tid, sizeof(ulong) * Words, first) != 0)
            {
                throw LinuxException.Last("sched_setaffinity", $"thread {tid}");
            }
        }
    }

    /// <summary>Lets the calling thread run on every CPU of its cpuset.</summary>
    public static void SetAll() => Set(0, [.. Enumerable.Range(0, Words * BitsPerWord)]);

    /// <summary>The CPUs that a thread may run on.</summary>
    public static unsafe IReadOnlyList<int> Get(int tid)
    {
        var mask = new ulong[Words];
        // SAFETY: the kernel writes no more than the length says.
        fixed (ulong* first = mask)
        {
            if (LibC.sched_getaffinity(tid, sizeof(ulong) * Words, first) != 0)
            {
                throw LinuxException.Last("sched_getaffinity", $"thread {tid}");
            }
        }

        return [.. mask.SelectMany((word, index) => Bits(word).Select(bit => (index * BitsPerWord) + bit))];
    }

    private static IEnumerable<int> Bits(ulong word)
    {
        for (; word != 0; word &= word - 1)
        {
            yield return BitOperations.TrailingZeroCount(word);
        }
    }
}

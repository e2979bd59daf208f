using System.Diagnostics;
using System.Globalization;
using KataActors.TestSupport;

namespace KataActors.Fuzz.Tests;

/// <summary>Many inputs by seed. A failure names the seed, which repeats it, and the smallest list of changes that still fails.</summary>
internal static class Campaign
{
    // Far above what any input needs, also on a busy machine; an endless loop reaches it.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    // Garbage included. A document has at most 3 MiB.
    private const long MostBytes = 512 * 1024 * 1024;

    /// <summary>The length of a campaign in seconds (<c>make fuzz SECONDS=n</c>); without it, a number of inputs is the bound.</summary>
    private static int? Seconds =>
        Environment.GetEnvironmentVariable("KATA_ACTORS_TEST_SECONDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The result of the product's work with an input, in bounded time and memory.</summary>
    public static T Bounded<T>(Func<T> work)
    {
        var (begun, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        var result = work();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, MostBytes);
        Assert.True(Stopwatch.GetElapsedTime(begun) < s_longest, $"took {Stopwatch.GetElapsedTime(begun)}");
        return result;
    }

    /// <param name="usual">The number of inputs in the suite.</param>
    /// <param name="change">One change of an input, drawn by the given numbers; its result says what it did.</param>
    /// <param name="build">An unchanged input.</param>
    /// <param name="check">Fails when the product does wrong with an input.</param>
    public static void Run<T>(int usual, Func<Random, T> build, Func<T, Random, string> change, Action<T> check)
    {
        var (since, limit) = (Stopwatch.GetTimestamp(), Seconds);
        for (var (seed, count) = (Soak.FirstSeed, 0); limit is null ? count < usual : Stopwatch.GetElapsedTime(since).TotalSeconds < limit; seed++, count++)
        {
            var random = new Random(seed);
            var changes = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next()).ToList();
            if (Try(changes) is { } failure)
            {
                Report(seed, changes, failure);
            }

            (Exception Failure, string Changes)? Try(List<int> tried)
            {
                var done = new List<string>();
                try
                {
                    var input = build(new Random(seed));
                    tried.ForEach(one => done.Add(change(input, new Random(one))));
                    check(input);
                    return null;
                }
                catch (Exception failure)
                {
                    return (failure, string.Join("; ", done));
                }
            }

            void Report(int at, List<int> tried, (Exception Failure, string Changes) last)
            {
                for (var i = tried.Count - 1; i >= 0; i--)
                {
                    List<int> fewer = [.. tried[..i], .. tried[(i + 1)..]];
                    if (Try(fewer) is { } still)
                    {
                        (tried, last) = (fewer, still);
                    }
                }

                throw new InvalidOperationException($"seed {at}: {last.Changes}: {last.Failure.Message}", last.Failure);
            }
        }
    }
}

using System.Diagnostics;
using KataActors.TestSupport;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>Waits for conditions without an event, with a deadline.</summary>
internal static class Eventually
{
    /// <summary>So long that only a hang reaches it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60) * Patience.Factor;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    public static Task TrueAsync(Func<bool> condition, Func<string> otherwise, TimeSpan? deadline = null) =>
        TrueAsync(() => Task.FromResult(condition()), otherwise, deadline);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Deadline;
        var since = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(since) > limit)
            {
                Assert.Fail($"after {limit.TotalSeconds} s: {otherwise()}");
            }

            await Task.Delay(s_pause);
        }
    }
}

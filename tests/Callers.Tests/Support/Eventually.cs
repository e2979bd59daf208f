using System.Diagnostics;

namespace KataActors.Callers.Tests.Support;

/// <summary>Waits for conditions without an event, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    public static async Task TrueAsync(Func<bool> condition, Func<string> otherwise)
    {
        var since = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(since) > s_deadline)
            {
                Assert.Fail($"after {s_deadline.TotalSeconds:0} s: {otherwise()}");
            }

            await Task.Delay(s_pause);
        }
    }
}

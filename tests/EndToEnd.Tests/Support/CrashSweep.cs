using System.Globalization;
using System.Text;
using KataActors.TestSupport;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>
/// Lets a daemon crash at one point after the other of a life. In the suite a seeded sample of the points; all of them by <c>make crashes</c>.
/// </summary>
internal static class CrashSweep
{
    /// <summary>The configuration with which a daemon crashes at a point.</summary>
    public static string At(int point) => string.Create(CultureInfo.InvariantCulture, $"kata-actors.test.crash-at = {point}");

    /// <summary>Tries the points, and prints how many there were.</summary>
    /// <param name="most">More points than the life has: a point that is not reached crashes nothing, and is counted as such.</param>
    /// <param name="sampled">So many in the suite.</param>
    /// <param name="crash">Leads a life whose daemon crashes at a point. Returns whether the daemon has crashed.</param>
    public static async Task RunAsync(int most, int sampled, Func<int, Task<bool>> crash)
    {
        var points = Sample(most, Soak.Runs(usual: sampled));
        var (reached, problems) = (new List<int>(), new StringBuilder());
        foreach (var point in points)
        {
            try
            {
                reached.AddRange(await crash(point) ? [point] : []);
            }
            catch (Exception e)
            {
                problems.AppendLine(CultureInfo.InvariantCulture, $"point {point}: {e}");
            }
        }

        TestContext.Current.SendDiagnosticMessage($"crash points: {points.Length} tried (seed {Soak.FirstSeed}), {reached.Count} reached");
        Assert.Equal("", problems.ToString());
        Assert.NotEmpty(reached);
        if (points.Length == most)
        {
            Assert.True(reached.Count > most / 2 && reached[^1] < most, $"the life has more points than {most}, or far fewer: {string.Join(' ', reached)}");
        }
    }

    private static int[] Sample(int most, int count)
    {
        var points = Enumerable.Range(1, most).ToArray();
        new Random(Soak.FirstSeed).Shuffle(points);
        return [.. points.Take(count).Order()];
    }
}

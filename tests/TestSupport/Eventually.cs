namespace KataActors.TestSupport;

/// <summary>Waits for conditions without an event, such as a process in /proc.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns when the condition holds; fails when the deadline has passed.</summary>
    public static Task HoldsAsync(Func<bool> condition) => HoldsAsync(() => Task.FromResult(condition()));

    /// <inheritdoc cref="HoldsAsync(Func{bool})"/>
    public static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        var token = Deadline.Token;
        while (!await condition())
        {
            await Task.Delay(s_pause, token);
        }
    }
}

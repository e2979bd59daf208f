namespace KataActors.Runtime.Agents;

/// <summary>The limits for a guest whose agent can be reached, but only by fruitless connections.</summary>
/// <param name="FirstPause">After the first fruitless connection; each further one doubles it.</param>
/// <param name="LongestPause">The upper bound of the doubling.</param>
/// <param name="LastingSession">A session of at least this length counts as useful, whatever ended it.</param>
/// <param name="MostInARow">The number of fruitless connections in a row after which the agent counts as unreachable.</param>
/// <param name="LogInterval">Between two log lines about lost channels.</param>
internal sealed record AgentPatience(TimeSpan FirstPause, TimeSpan LongestPause, TimeSpan LastingSession, int MostInARow, TimeSpan LogInterval)
{
    /// <summary>About three minutes for a guest that drops each connection at once.</summary>
    public static AgentPatience Default { get; } = new(
        TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), 20, TimeSpan.FromMinutes(1));
}

/// <summary>Counts fruitless connections in a row. Each costs the daemon work, so a guest must not be able to cause retries without end.</summary>
internal sealed class FruitlessConnections(AgentPatience patience)
{
    private const int MostDoublings = 16;

    /// <summary>The number of fruitless connections since the last useful one.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the agent has to be given up.</summary>
    public bool AreTooMany => Count >= patience.MostInARow;

    /// <summary>The pause before the next connection.</summary>
    public TimeSpan Pause => Count == 0 ? TimeSpan.Zero
        : patience.FirstPause * Math.Pow(2, Math.Min(Count - 1, MostDoublings)) is var pause && pause < patience.LongestPause ? pause
        : patience.LongestPause;

    /// <summary>A session has ended after this time.</summary>
    public void SessionEnded(TimeSpan lasted) => Count = lasted >= patience.LastingSession ? 0 : Count + 1;

    /// <summary>The guest flooded instead of beginning a session.</summary>
    public void Flooded() => Count++;

    /// <summary>Begins anew.</summary>
    public void Forget() => Count = 0;
}

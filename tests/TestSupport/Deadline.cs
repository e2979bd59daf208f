namespace KataActors.TestSupport;

/// <summary>The longest wait of a test: only a hang reaches it.</summary>
public static class Deadline
{
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);

    /// <summary>A token that is cancelled after <see cref="Span"/> from now.</summary>
    public static CancellationToken Token => new CancellationTokenSource(Span).Token;
}

namespace KataActors.Linux;

/// <summary>How a child process ended: with an exit code, or by a signal. One of the two is set.</summary>
public readonly record struct ProcessExit(int? Code, int? Signal)
{
    /// <summary>The code that a shell would report: the exit code, or 128 plus the signal.</summary>
    public int Status => Code ?? 128 + Signal.GetValueOrDefault();

    /// <inheritdoc/>
    public override string ToString() => Code is { } code ? $"exit code {code}" : $"signal {Signals.Name(Signal.GetValueOrDefault())}";
}

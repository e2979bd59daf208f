namespace KataActors.Linux;

/// <summary>The end of a child process: an exit code or a signal; exactly one of the two is set.</summary>
public readonly record struct ProcessExit(int? Code, int? Signal)
{
    /// <summary>The code that a shell would report: the exit code, or 128 plus the signal.</summary>
    public int Status => Code ?? 128 + Signal.GetValueOrDefault();

    /// <inheritdoc/>
    public override string ToString() => Code is { } code ? $"exit code {code}" : $"signal {Signals.Name(Signal.GetValueOrDefault())}";
}

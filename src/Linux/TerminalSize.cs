namespace KataActors.Linux;

/// <summary>The size of a terminal in characters; 0 is unknown.</summary>
public readonly record struct TerminalSize(ushort Rows, ushort Columns)
{
    /// <summary>Whether both are known.</summary>
    public bool IsKnown => Rows > 0 && Columns > 0;
}

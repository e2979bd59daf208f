namespace KataActors.Cgroups;

/// <summary>Settings of <see cref="CgroupActor"/>.</summary>
public sealed record CgroupSettings
{
    /// <summary>How long one command may take; removing groups goes on trying for that long.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many commands may wait for the one that is being carried out.</summary>
    public int MaxWaiting { get; init; } = 64;
}

namespace KataActors.Cgroups;

/// <summary>Settings of <see cref="CgroupActor"/>.</summary>
public sealed record CgroupSettings
{
    /// <summary>How long one command may take; removing groups goes on trying for that long.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many commands may wait for the one that is being carried out.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Where the sandbox's groups are.</summary>
    public CgroupPlacement Placement { get; init; } = CgroupPlacement.Default;

    /// <summary>The least CPU limit, in percent of one CPU. A guest with less could not answer.</summary>
    public int LeastCpuPercent { get; init; } = 5;

    /// <summary>Give each vCPU a CPU of its own when the cpuset holds as many as there are vCPUs.</summary>
    public bool PinVcpus { get; init; }
}

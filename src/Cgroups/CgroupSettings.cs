namespace KataActors.Cgroups;

/// <summary>Settings of <see cref="CgroupActor"/>.</summary>
public sealed record CgroupSettings
{
    /// <summary>The deadline of one command; the removal of groups retries until then.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The number of commands that may wait behind the current one.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>The place of the sandbox's groups.</summary>
    public CgroupPlacement Placement { get; init; } = CgroupPlacement.Default;

    /// <summary>The lowest CPU limit, in percent of one CPU. A guest with less could not answer.</summary>
    public int LeastCpuPercent { get; init; } = 5;

    /// <summary>Pin each vCPU to a CPU of its own when the cpuset has as many CPUs as there are vCPUs.</summary>
    public bool PinVcpus { get; init; }
}

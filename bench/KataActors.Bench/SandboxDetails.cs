namespace KataActors.Bench;

/// <summary>What <c>sandbox inspect</c> tells, as far as it is of use here.</summary>
internal sealed record SandboxDetails(int VmmPid, ulong AgentRssKib, string GuestKernel, string Accelerator, IReadOnlyList<CreateStep> Steps);

/// <summary>One step of create: when it began, from the beginning of create in the daemon, and how long it took, in microseconds.</summary>
internal sealed record CreateStep(string Name, long StartUs, long DurationUs);

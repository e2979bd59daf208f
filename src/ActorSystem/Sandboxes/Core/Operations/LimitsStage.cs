namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>The reply awaited by an <see cref="ApplyLimits"/>.</summary>
internal enum LimitsStage
{
    /// <summary>The vCPU threads.</summary>
    Query,

    /// <summary>The change of a container's quota in the guest.</summary>
    Quota,

    /// <summary>The plugging or unplugging of vCPUs.</summary>
    Set,

    /// <summary>The guest's use of its vCPUs.</summary>
    Guest,

    /// <summary>The threads and limits in the host cgroups.</summary>
    Apply,
}

using KataActors.Hypervisor;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Converts failures of the hypervisor.</summary>
internal static class HypervisorFailures
{
    /// <summary>The failure code for a requester.</summary>
    public static FailureCode ToCode(HypervisorFailureKind kind) => kind switch
    {
        HypervisorFailureKind.InvalidArgument => FailureCode.InvalidArgument,
        HypervisorFailureKind.NotFound => FailureCode.NotFound,
        HypervisorFailureKind.FailedPrecondition => FailureCode.FailedPrecondition,
        HypervisorFailureKind.Unavailable => FailureCode.Unavailable,
        HypervisorFailureKind.DeadlineExceeded => FailureCode.DeadlineExceeded,
        _ => FailureCode.Internal,
    };
}

using KataActors.Hypervisor;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Failures of a hypervisor as those of a command.</summary>
internal static class HypervisorFailures
{
    /// <summary>The code with which the requester hears of it.</summary>
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

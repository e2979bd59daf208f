namespace KataActors.Hypervisor;

/// <summary>Classes of failure, named as gRPC's status codes.</summary>
public enum HypervisorFailureKind
{
    /// <summary>The configuration is invalid, or names a missing file.</summary>
    InvalidArgument,

    /// <summary>The VMM is not running.</summary>
    NotFound,

    /// <summary>The command does not fit the state of the VMM.</summary>
    FailedPrecondition,

    /// <summary>The monitor cannot be reached.</summary>
    Unavailable,

    /// <summary>A step missed its deadline.</summary>
    DeadlineExceeded,

    /// <summary>The kernel or QEMU refused.</summary>
    Internal,
}

/// <summary>The reply to a command that could not be carried out.</summary>
/// <param name="Command">The command that failed.</param>
/// <param name="Kind">The class of the failure.</param>
/// <param name="Message">A sentence for the user: lower case, no final period, naming call, subject and cause.</param>
public sealed record HypervisorFailure(HypervisorProtocol.ICommand Command, HypervisorFailureKind Kind, string Message);

namespace KataActors.Hypervisor;

/// <summary>
/// The reply to a command that could not be carried out. <see cref="FailureCode.InvalidArgument"/>: the configuration is invalid, or names a missing
/// file; <see cref="FailureCode.NotFound"/>: the VMM is not running; <see cref="FailureCode.FailedPrecondition"/>: the command does not fit its state;
/// <see cref="FailureCode.Unavailable"/>: the monitor cannot be reached.
/// </summary>
/// <param name="Command">The command that failed.</param>
/// <param name="Failure">Why.</param>
public sealed record HypervisorFailure(HypervisorProtocol.ICommand Command, Failure Failure);

namespace KataActors.Hypervisor;

/// <summary>
/// The reply to a command that could not be carried out.
/// <list type="bullet">
/// <item><see cref="FailureCode.InvalidArgument"/>: the configuration is invalid, or names a missing file.</item>
/// <item><see cref="FailureCode.NotFound"/>: the VMM is not running.</item>
/// <item><see cref="FailureCode.FailedPrecondition"/>: the command does not fit the state of the VMM.</item>
/// <item><see cref="FailureCode.Unavailable"/>: the monitor cannot be reached.</item>
/// <item><see cref="FailureCode.DeadlineExceeded"/>: a step missed its deadline.</item>
/// <item><see cref="FailureCode.Internal"/>: the kernel or QEMU refused.</item>
/// </list>
/// </summary>
/// <param name="Command">The command that failed.</param>
/// <param name="Failure">Why.</param>
public sealed record HypervisorFailure(HypervisorProtocol.ICommand Command, Failure Failure);

namespace KataActors.Cgroups;

/// <summary>
/// The reply to a command that could not be carried out.
/// <list type="bullet">
/// <item><see cref="FailureCode.InvalidArgument"/>: the request is invalid, such as a thread id that is not positive.</item>
/// <item><see cref="FailureCode.NotFound"/>: the VMM is gone.</item>
/// <item><see cref="FailureCode.FailedPrecondition"/>: the groups were destroyed or belong to another sandbox, or a group above forbids the request.</item>
/// <item><see cref="FailureCode.Unimplemented"/>: this machine has no such hierarchy. Nothing was done, and the requester may continue without it.</item>
/// <item><see cref="FailureCode.ResourceExhausted"/>: too many commands wait.</item>
/// <item><see cref="FailureCode.DeadlineExceeded"/>: the command missed its deadline.</item>
/// <item><see cref="FailureCode.Internal"/>: the kernel refused.</item>
/// </list>
/// </summary>
/// <param name="Command">The command that failed.</param>
/// <param name="Failure">Why.</param>
public sealed record CgroupFailure(CgroupProtocol.ICommand Command, Failure Failure);

/// <summary>Below the actor: an expected failure on its way to becoming a <see cref="CgroupFailure"/>.</summary>
internal sealed class CgroupException(FailureCode code, string message) : Exception(message)
{
    internal Failure Failure { get; } = new(code, message);
}

namespace KataActors.Cgroups;

/// <summary>
/// The reply to a command that could not be carried out. <see cref="FailureCode.NotFound"/>: the VMM is gone;
/// <see cref="FailureCode.FailedPrecondition"/>: the groups were destroyed, or a group above forbids the request;
/// <see cref="FailureCode.Unimplemented"/>: this machine has no such hierarchy mounted: nothing was done, and the caller decides whether it continues
/// without one.
/// </summary>
/// <param name="Command">The command that failed.</param>
/// <param name="Failure">Why.</param>
public sealed record CgroupFailure(CgroupProtocol.ICommand Command, Failure Failure);

/// <summary>Below the actor: an expected failure on its way to becoming a <see cref="CgroupFailure"/>.</summary>
internal sealed class CgroupException(FailureCode code, string message) : Exception(message)
{
    internal Failure Failure { get; } = new(code, message);
}

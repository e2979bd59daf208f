namespace KataActors.Cgroups;

/// <summary>Classes of failure, named as gRPC's status codes.</summary>
public enum CgroupFailureKind
{
    /// <summary>The request is invalid, such as a thread id that is not positive.</summary>
    InvalidArgument,

    /// <summary>The VMM is gone.</summary>
    NotFound,

    /// <summary>The groups were destroyed, or another command must end first.</summary>
    FailedPrecondition,

    /// <summary>This machine has no such hierarchy mounted: nothing was done, and the caller decides whether it continues without one.</summary>
    Unimplemented,

    /// <summary>Too many commands wait.</summary>
    ResourceExhausted,

    /// <summary>The command missed its deadline.</summary>
    DeadlineExceeded,

    /// <summary>The kernel refused.</summary>
    Internal,
}

/// <summary>The reply to a command that could not be carried out.</summary>
/// <param name="Command">The command that failed.</param>
/// <param name="Kind">The class of the failure.</param>
/// <param name="Message">A sentence for the user: lower case, no final period, naming call, subject and cause.</param>
public sealed record CgroupFailure(CgroupProtocol.ICommand Command, CgroupFailureKind Kind, string Message);

/// <summary>Below the actor: an expected failure on its way to becoming a <see cref="CgroupFailure"/>.</summary>
internal sealed class CgroupException(CgroupFailureKind kind, string message) : Exception(message)
{
    internal CgroupFailureKind Kind => kind;
}

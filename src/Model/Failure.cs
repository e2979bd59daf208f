namespace KataActors.Model;

/// <summary>Why a command failed; the numbers are those of gRPC's status codes, so that the wire needs no table.</summary>
public enum FailureCode
{
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

/// <summary>An expected failure, as a value: the reply to a command that could not be carried out.</summary>
/// <param name="Code">The class of the failure.</param>
/// <param name="Message">A sentence for the user: lower case, no final period, naming call, subject and cause.</param>
public sealed record Failure(FailureCode Code, string Message)
{
    /// <summary>The failure for an unknown container; callers of runc rely on the words "does not exist".</summary>
    public static Failure NoSuchContainer(string id) => new(FailureCode.NotFound, $"container \"{id}\" does not exist");

    /// <summary>The failure for an unknown process of a container.</summary>
    public static Failure NoSuchProcess(string container, string process) =>
        new(FailureCode.NotFound, $"process \"{process}\" of container \"{container}\" does not exist");

    /// <summary>The failure for an unknown sandbox.</summary>
    public static Failure NoSuchSandbox(string id) => new(FailureCode.NotFound, $"sandbox \"{id}\" does not exist");
}

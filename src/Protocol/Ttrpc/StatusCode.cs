namespace KataActors.Protocol.Ttrpc;

/// <summary>Outcome of a call, with the numbers of gRPC (google.rpc.Code).</summary>
public enum StatusCode
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>The caller gave the call up.</summary>
    Cancelled = 1,

    /// <summary>A failure of no other kind, or a code that this side does not know.</summary>
    Unknown = 2,

    /// <summary>The request is invalid in any state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call ended.</summary>
    DeadlineExceeded = 4,

    /// <summary>The named object does not exist.</summary>
    NotFound = 5,

    /// <summary>The object to create exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A bound was reached.</summary>
    ResourceExhausted = 8,

    /// <summary>The subject is not in the state that the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>The call was given up because of a conflict with another.</summary>
    Aborted = 10,

    /// <summary>A position is outside the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The peer does not serve this method.</summary>
    Unimplemented = 12,

    /// <summary>An unexpected error.</summary>
    Internal = 13,

    /// <summary>There is no connection to the peer, or it was lost. The call may or may not have been executed.</summary>
    Unavailable = 14,

    /// <summary>Data was lost or is damaged.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}

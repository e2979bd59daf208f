using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent;

/// <summary>The failures that the agent answers with, by kind.</summary>
internal static class Failures
{
    internal static TtrpcException Invalid(string message) => new(StatusCode.InvalidArgument, message);

    internal static TtrpcException NotFound(string message) => new(StatusCode.NotFound, message);

    internal static TtrpcException Exists(string message) => new(StatusCode.AlreadyExists, message);

    internal static TtrpcException State(string message) => new(StatusCode.FailedPrecondition, message);

    /// <summary>An exec without a running container, in runc's wording.</summary>
    internal static TtrpcException Stopped() => State("cannot exec in a stopped container");

    /// <summary>A pause or its end without a running container, in runc's wording.</summary>
    internal static TtrpcException NotRunning() => State("container not running");

    internal static TtrpcException Exhausted(string message) => new(StatusCode.ResourceExhausted, message);

    internal static TtrpcException Late(string message) => new(StatusCode.DeadlineExceeded, message);

    internal static TtrpcException Unsupported(string message) => new(StatusCode.Unimplemented, message);

    internal static TtrpcException Internal(string message) => new(StatusCode.Internal, message);
}

using Google.Protobuf;
using KataActors.Linux;

namespace KataActors.Model;

/// <summary>The journaled state of a process that was added to a container (exec).</summary>
/// <param name="Id">Its id, unique in its container.</param>
/// <param name="StandIn">The host process that stands for it.</param>
/// <param name="Process">Its specification as received: <c>process</c> of the runtime specification as JSON.</param>
public sealed record ExecRecord(string Id, ProcessIdentity StandIn, ByteString Process)
{
    /// <summary>Whether it is recorded as running, or has run.</summary>
    public bool IsStarted { get; init; }

    /// <summary>The exit; set when it has ended.</summary>
    public ContainerExit? Exit { get; init; }
}

namespace KataActors.Runtime.Containers;

/// <summary>
/// Messages between a SandboxActor and its <see cref="ContainerActor"/>s, and between these and their <see cref="ProcessActor"/>s. The id of a process is
/// empty for the container's first one.
/// </summary>
internal static class ContainerProtocol
{
    /// <summary>Run the process. Replies <see cref="ProcessStarted"/> or <see cref="StartFailed"/>.</summary>
    public sealed record Start
    {
        /// <summary>The longest time of the hooks that the guest runs before.</summary>
        public TimeSpan HooksLimit { get; init; }
    }

    /// <summary>The process runs.</summary>
    public sealed record ProcessStarted;

    /// <summary>The process could not be run.</summary>
    public sealed record StartFailed(Failure Failure);

    /// <summary>Attend a process that was added to the container, unless it is attended.</summary>
    public sealed record Attend(ExecRecord Process);

    /// <summary>An added process is gone.</summary>
    public sealed record Forget(string Process);

    /// <summary>Event for the parent, once: a process has ended.</summary>
    public sealed record ProcessExited(string Id, string Process, int Code, string Reason);

    /// <summary>Event for the parent, once: the stand-in of a process has ended. That of an added process is reported after the process's end.</summary>
    public sealed record StandInExited(string Id, string Process);

    /// <summary>Event for the parent: the guest did not report the process's exit in time after a SIGKILL.</summary>
    public sealed record KillUnheeded(string Id);

    /// <summary>From the parent: the agent answers (again).</summary>
    public sealed record AgentAvailable;

    /// <summary>From the parent: the VM is gone, and its unread output with it.</summary>
    public sealed record VmEnded;

    /// <summary>From the parent: end the stand-in if it is still there. Replies <see cref="StandInKilled"/>.</summary>
    public sealed record EndStandIn;

    /// <summary>The stand-in was sent SIGKILL, or was gone; otherwise <paramref name="Problem"/> says why this is unknown.</summary>
    public sealed record StandInKilled(string Id, string? Problem);
}

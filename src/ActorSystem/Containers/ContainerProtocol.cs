namespace KataActors.Runtime.Containers;

/// <summary>Messages between a SandboxActor and its <see cref="ContainerActor"/>s.</summary>
internal static class ContainerProtocol
{
    /// <summary>Run the process. Replies <see cref="ProcessStarted"/> or <see cref="StartFailed"/>.</summary>
    public sealed record Start;

    /// <summary>The process runs.</summary>
    public sealed record ProcessStarted;

    /// <summary>The process could not be run.</summary>
    public sealed record StartFailed(Failure Failure);

    /// <summary>Event for the parent, once: the first process has ended.</summary>
    public sealed record ProcessExited(string Id, int Code, string Reason);

    /// <summary>Event for the parent, once: the stand-in has ended.</summary>
    public sealed record StandInExited(string Id);

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

namespace KataActors.Runtime.Gateway;

/// <summary>The gateway's socket and idle time.</summary>
/// <param name="Socket">Path of the control socket; nothing may be there.</param>
/// <param name="IdleExit">The time without sandboxes and calls after which the daemon exits; null for never.</param>
internal sealed record GatewaySettings(string Socket, TimeSpan? IdleExit)
{
    /// <summary>The wait for the sandboxes at the start, after which the daemon gives up.</summary>
    public TimeSpan Ready { get; init; } = TimeSpan.FromMinutes(1);
}

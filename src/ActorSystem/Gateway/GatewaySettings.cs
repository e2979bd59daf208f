namespace KataActors.Runtime.Gateway;

/// <summary>Where and how long the gateway listens.</summary>
/// <param name="Socket">Path of the control socket; nothing may be there.</param>
/// <param name="IdleExit">The daemon exits after so long without sandboxes and calls; null for never.</param>
internal sealed record GatewaySettings(string Socket, TimeSpan? IdleExit);

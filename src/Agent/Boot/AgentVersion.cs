namespace KataActors.Agent.Boot;

/// <summary>The version that the agent reports.</summary>
internal static class AgentVersion
{
    /// <summary>Version of the protocol, as stock agents report it.</summary>
    internal const string Protocol = "0.0.1";

    internal static string Own { get; } = typeof(AgentVersion).Assembly.GetName().Version?.ToString(3) ?? "unknown";
}

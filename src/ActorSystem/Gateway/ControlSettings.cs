using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Gateway;

/// <summary>How long the gateway waits for the actors' answers. The actors have deadlines of their own, which end first.</summary>
/// <param name="Create">For a create, boot included, and for an update.</param>
/// <param name="Command">For every other command.</param>
/// <param name="Query">For an answer from memory.</param>
internal sealed record ControlSettings(TimeSpan Create, TimeSpan Command, TimeSpan Query)
{
    private const int StopSteps = 4;
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    /// <summary>The times that go with the actors' deadlines.</summary>
    public static ControlSettings For(SandboxDeadlines deadlines)
    {
        var command = deadlines.AgentCall + deadlines.AgentFarewell + deadlines.Kill + (StopSteps * deadlines.StopStep) + s_margin;
        return new ControlSettings(deadlines.Queue + deadlines.CloneBoot + deadlines.Boot + command, command, s_margin);
    }
}

using KataActors.Oci;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Gateway;

/// <summary>The gateway's timeouts for the actors' answers. The actors' own deadlines are shorter.</summary>
/// <param name="Create">For a create, boot included, and for an update.</param>
/// <param name="Command">For every other command.</param>
/// <param name="Query">For an answer from memory.</param>
internal sealed record ControlSettings(TimeSpan Create, TimeSpan Command, TimeSpan Query)
{
    /// <summary>For a start, whose hooks may need time in the guest.</summary>
    public TimeSpan Start => Command + HooksSpec.LongestStart;

    private const int StopSteps = 4;
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    /// <summary>The timeouts that follow from the actors' deadlines.</summary>
    public static ControlSettings For(SandboxDeadlines deadlines)
    {
        var command = deadlines.AgentCall + deadlines.AgentFarewell + deadlines.Kill + (StopSteps * deadlines.StopStep) + s_margin;
        return new ControlSettings(deadlines.Queue + deadlines.CloneBoot + deadlines.Boot + command, command, s_margin);
    }
}

using KataActors.Network;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>What is on its way to the sandbox, in order with the rest from there.</summary>
/// <param name="From">An actor.</param>
/// <param name="IsSent">A message; else it is only about to happen there.</param>
/// <param name="Take">What comes, when it does; null for nothing.</param>
internal sealed record SimulatedNews(string From, bool IsSent, Func<Input?> Take);

/// <summary>A command to an actor, or a timer.</summary>
/// <param name="Effect">With the command. The default id is that of a command whose reply is news.</param>
/// <param name="ToInput">What its reply is to the sandbox; null for nothing.</param>
internal sealed record SimulatedCall(AwaitedEffect Effect, Func<object, Input?> ToInput)
{
    /// <summary>Whom it was told.</summary>
    public string Actor { get; } = Effect switch
    {
        AwaitedEffect.AskContainer ask => $"container {ask.Container}",
        _ => ResourceOf(Effect)?.ToString().ToLowerInvariant() ?? "",
    };

    /// <summary>Its actor is not there.</summary>
    public bool IsToNobody { get; init; }

    /// <summary>The resource of that actor; null for other actors, and for none.</summary>
    public ResourceKind? Resource { get; } = ResourceOf(Effect);

    public bool IsPause => Effect is AwaitedEffect.Pause;

    /// <summary>Whether its actor carries out commands in their order; the agent serves calls side by side.</summary>
    public bool IsOrdered => Actor.Length > 0 && Resource != ResourceKind.Agent;

    /// <summary>Whether it makes sure of something, so that it may be repeated.</summary>
    public bool IsRepeatable => Effect is not (AwaitedEffect.Launch or AwaitedEffect.AskNetwork { Command: NetworkProtocol.Connect } or AwaitedEffect.AskContainer
        or AwaitedEffect.Ask { Resource: ResourceKind.Hypervisor } or AwaitedEffect.Ask { Command: NetworkProtocol.Connect });

    private static ResourceKind? ResourceOf(AwaitedEffect effect) => effect switch
    {
        AwaitedEffect.Ask ask => ask.Resource,
        AwaitedEffect.Attach => ResourceKind.Storage,
        AwaitedEffect.AskNetwork => ResourceKind.Network,
        AwaitedEffect.Launch => ResourceKind.Hypervisor,
        AwaitedEffect.CreateSandbox => ResourceKind.Agent,
        _ => null,
    };
}

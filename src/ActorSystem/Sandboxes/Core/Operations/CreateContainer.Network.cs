using KataActors.Network;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

// The network of a creation. The hooks may put interfaces into the namespace, so they come first.
internal sealed partial record CreateContainer
{
    private bool IsConnecting { get; init; }

    private bool IsNetworked { get; init; }

    // Without a path the namespace is a new one, in which there is nothing but what hooks put there.
    private bool HasNetwork(Turn turn) =>
        turn.Settings.Network != NetworkModel.None
        && Spec.Linux?.Namespaces.Any(entry => entry.Type == "network" && (entry.Path is { Length: > 0 } || Spec.Hooks is { HasCreation: true })) == true;

    private CreateContainer BeginNetwork(Turn turn)
    {
        if (IsNetworked || IsConnecting || AwaitsHooks)
        {
            return this;
        }

        turn.Begin(id => new ConnectNetwork(id, Command.Waiting.Id));
        return this with { IsConnecting = true };
    }
}

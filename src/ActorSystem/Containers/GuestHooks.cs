using KataActors.Oci;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Containers;

/// <summary>Hooks in their form on the wire.</summary>
internal static class GuestHooks
{
    /// <summary>The hooks of a stage.</summary>
    public static IEnumerable<Hook> Of(IReadOnlyList<HookSpec> stage) => stage.Select(hook => new Hook
    {
        Path = hook.Path,
        Args = { hook.Args },
        Env = { hook.Env },
        Timeout = hook.Timeout ?? 0,
    });
}

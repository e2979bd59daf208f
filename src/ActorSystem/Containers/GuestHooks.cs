using Google.Protobuf;
using KataActors.Oci;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Containers;

/// <summary>Hooks in their form on the wire.</summary>
internal static class GuestHooks
{
    private const byte LineFeed = (byte)'\n';

    /// <summary>The hooks that the guest runs, with the state that they get; null for none.</summary>
    public static Hooks? ForGuest(ContainerKey container, RuntimeSpec spec, string bundle)
    {
        if (spec.Hooks is not { StartContainer: { Count: > 0 } stage })
        {
            return null;
        }

        var state = StateDocument.Hook(new ContainerState
        {
            OciVersion = spec.OciVersion ?? "",
            Id = container.Id,
            Status = "created",
            Pid = 0,
            Bundle = bundle,
            Rootfs = "",
            CreatedUtc = default,
            Annotations = spec.Annotations,
        });
        return new Hooks { StartContainer = { Of(stage) }, State = ByteString.CopyFrom(state.AsSpan().TrimEnd(LineFeed)) };
    }

    /// <summary>The hooks of a stage.</summary>
    public static IEnumerable<Hook> Of(IReadOnlyList<HookSpec> stage) => stage.Select(hook => new Hook
    {
        Path = hook.Path,
        Args = { hook.Args },
        Env = { hook.Env },
        Timeout = hook.Timeout ?? 0,
    });
}

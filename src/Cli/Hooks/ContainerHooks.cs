using KataActors.Cli.Output;
using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Cli.Hooks;

/// <summary>
/// The hooks of one container that run on the host, in the namespaces of the command that they belong to: the runtime's, to the specification. As with runc,
/// those of <c>create</c> begin in the bundle's directory.
/// </summary>
/// <param name="context">The command.</param>
/// <param name="container">The container, with its bundle and annotations; its status and pid are those of each stage.</param>
/// <param name="hooks">Its hooks.</param>
internal sealed class ContainerHooks(CommandContext context, ContainerState container, HooksSpec hooks)
{
    /// <summary>The hooks of a container that is being created.</summary>
    public static ContainerHooks Of(CommandContext context, ContainerId id, Bundles.Bundle bundle) => new(
        context,
        new ContainerState
        {
            OciVersion = bundle.Spec.OciVersion!,
            Id = id.Value,
            Status = "creating",
            Pid = 0,
            Bundle = bundle.DirectoryPath,
            Rootfs = "",
            CreatedUtc = default,
            Annotations = bundle.Spec.Annotations,
        },
        bundle.Spec.Hooks ?? HooksSpec.None);

    /// <summary>The hooks of a container that exists.</summary>
    public static ContainerHooks Of(CommandContext context, Protocol.Control.Container container) => new(
        context,
        ContainerStates.From(container),
        new HooksSpec { Poststart = Read(container.Poststart), Poststop = Read(container.Poststop) });

    /// <summary>
    /// The prestart, createRuntime and createContainer hooks. The latter get a mount namespace of their own and the network namespace of the stand-in: what the
    /// host has of the container's namespaces.
    /// </summary>
    /// <exception cref="CommandFailure">One failed; the later ones have not run.</exception>
    public void RunCreation(StandInProcess standIn)
    {
        var state = State("creating", standIn.Identity.Pid);
        RunAll(hooks.Prestart, new HookRunner("prestart", state, container.Bundle));
        RunAll(hooks.CreateRuntime, new HookRunner("createRuntime", state, container.Bundle));
        if (hooks.CreateContainer.Count > 0)
        {
            RunAll(hooks.CreateContainer, new HookRunner(
                "createContainer", state, container.Bundle,
                NamespaceEntry.Enter(standIn.Handle, NamespaceKinds.Network), NamespaceEntry.Unshare(NamespaceKinds.Mount)));
        }
    }

    /// <summary>The poststart hooks. A failure is a warning.</summary>
    public void RunPoststart() => TryAll(hooks.Poststart, new HookRunner("poststart", State("running", container.Pid), null));

    /// <summary>The poststop hooks. A failure is a warning.</summary>
    public void RunPoststop() => TryAll(hooks.Poststop, new HookRunner("poststop", State("stopped", 0), null));

    private static HookSpec[] Read(IEnumerable<Protocol.Agent.Hook> stage) =>
    [
        .. stage.Select(hook => new HookSpec { Path = hook.Path, Args = hook.Args, Env = hook.Env, Timeout = hook.Timeout > 0 ? (int)hook.Timeout : null }),
    ];

    private void RunAll(IReadOnlyList<HookSpec> stage, HookRunner runner)
    {
        foreach (var hook in stage)
        {
            runner.Run(hook);
            context.Log?.Debug($"hook \"{hook.Path}\" of container \"{container.Id}\" has run");
        }
    }

    private void TryAll(IReadOnlyList<HookSpec> stage, HookRunner runner)
    {
        foreach (var hook in stage)
        {
            try
            {
                runner.Run(hook);
            }
            catch (CommandFailure failure)
            {
                ErrorReport.Warn($"container \"{container.Id}\": {failure.Message}", context.Log);
            }
        }
    }

    private byte[] State(string status, int pid) => StateDocument.Hook(container with { Status = status, Pid = pid });
}

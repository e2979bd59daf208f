using KataActors.Cli.Daemon;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Hooks;

/// <summary>The requests that hooks follow. They run once for each command that succeeds, even when the daemon dies during the request.</summary>
internal static class HookedRequests
{
    /// <summary>Starts a container, and runs its poststart hooks.</summary>
    public static void Start(CommandContext context, ContainerRef container)
    {
        using var daemon = context.Daemon(Deadlines.Start);
        Of(context, ContainerRequests.Start(daemon, container))?.RunPoststart();
    }

    /// <summary>Removes a container, and runs its poststop hooks. They are looked up before: a successor of the daemon may not know the container.</summary>
    public static void Delete(CommandContext context, ContainerRef container, bool force)
    {
        using var daemon = context.Daemon(Deadlines.Change);
        var found = Find(daemon, container);
        ContainerRequests.Delete(daemon, container, force);
        Of(context, found)?.RunPoststop();
    }

    private static ContainerHooks? Of(CommandContext context, Container? container) => container is null ? null : ContainerHooks.Of(context, container);

    // Null: the request itself will say why.
    private static Container? Find(DaemonSession daemon, ContainerRef container)
    {
        try
        {
            return daemon.Call(connection => ContainerRequests.State(connection, container));
        }
        catch (TtrpcException)
        {
            return null;
        }
    }
}

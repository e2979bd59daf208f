using Google.Protobuf;
using KataActors.Cli.Bundles;
using KataActors.Cli.Daemon;
using KataActors.Cli.Hooks;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

// The second half of a creation with hooks: the daemon has begun it, and waits for them before the container is made in the guest.
internal sealed partial class ContainerCreation
{
    // False: the daemon died, and its successor has no container of this request.
    private bool RunHooks(Bundle bundle, BundleDescriptors descriptors, StandInProcess standIn, ByteString requestId, int daemonPid)
    {
        var hooks = ContainerHooks.Of(context, id, bundle);
        var isCreated = false;
        try
        {
            try
            {
                RunCreationHooks(hooks, standIn);
                ProgramLookup.Demand(bundle.Spec, descriptors.Rootfs);
            }
            catch
            {
                Cancel();
                throw;
            }

            return isCreated = FinishCreate(requestId, daemonPid);
        }
        finally
        {
            if (!isCreated)
            {
                standIn.KillAndReap();
                hooks.RunPoststop();
            }
        }
    }

    private void RunCreationHooks(ContainerHooks hooks, StandInProcess standIn)
    {
        try
        {
            hooks.RunCreation(standIn);
        }
        catch (CommandFailure failure)
        {
            throw new CommandFailure($"cannot create container \"{id}\": {failure.Message}", cause: failure);
        }
    }

    // Without its caller the daemon undoes it, too, when it sees the end of the stand-in.
    private void Cancel()
    {
        try
        {
            using var daemon = context.Daemon(Deadlines.Change);
            ContainerRequests.Delete(daemon, Reference, force: true);
        }
        catch (Exception failure) when (failure is TtrpcException or CommandFailure)
        {
            context.Log?.Warning($"the creation of container \"{id}\" could not be cancelled: {failure.Message}");
        }
    }

    // Within a time of its own: hooks may take long.
    private bool FinishCreate(ByteString requestId, int daemonPid)
    {
        using var daemon = context.Daemon(Deadlines.Create);
        return daemon.Call(Send, connection => WasCreated(connection, requestId, daemon.Limit));

        bool Send(DaemonConnection connection)
        {
            var request = new FinishCreateRequest { Container = Reference, RequestId = requestId };
            if (connection.Call(ControlServiceNames.FinishCreate, request, FinishCreateResponse.Parser, Deadlines.Create).Created)
            {
                return true;
            }

            return connection.Greet().DaemonPid == daemonPid
                ? throw new CommandFailure($"cannot create container \"{id}\": it was removed while its hooks ran")
                : WasCreated(connection, requestId, daemon.Limit);
        }
    }
}

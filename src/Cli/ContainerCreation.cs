using KataActors.Cli.Bundles;
using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

/// <summary>
/// What <c>create</c> does, in this order: check all that can be checked without a trace; open what the bundle names; reach the daemon; start
/// the stand-in; let the daemon create the container; release the stand-in; write the pid-file. A failure undoes what was done.
/// </summary>
internal sealed class ContainerCreation(CommandContext context, ContainerId id, string bundlePath, string? pidFilePath)
{
    /// <summary>The container.</summary>
    public ContainerRef Reference { get; } = context.Reference(id);

    /// <summary>Creates the container. The caller disposes the stand-in's handle, which does not touch the process.</summary>
    /// <exception cref="CommandFailure">It could not be created, and nothing of it is left.</exception>
    public StandInProcess Run()
    {
        CallerRights.DemandRoot("create");
        CallerRights.DemandInitialPidNamespace("create");
        var bundle = Bundle.Read(bundlePath);
        context.Log?.Debug($"bundle \"{bundle.DirectoryPath}\": config.json has {bundle.Json.Length} bytes");
        if (!ContainerPlacement.TryResolve(bundle.Spec, id, out _, out var error))
        {
            throw new CommandFailure($"bundle \"{bundlePath}\": {error.Message}");
        }

        var pidFile = pidFilePath is null ? null : PidFile.Prepare(pidFilePath);
        using var descriptors = BundleDescriptors.Open(bundle);
        WarnOfPassedOver(bundle.Spec);
        using var daemon = context.Connect();
        daemon.Greet();
        var standIn = StandInProcess.Spawn(context.Global, Reference, descriptors.NetworkNamespace);
        context.Log?.Debug($"the stand-in of container \"{id}\" is process {standIn.Identity.Pid}");
        try
        {
            standIn.WaitUntilReady();
            Create(daemon, bundle, descriptors, standIn);
        }
        catch
        {
            standIn.KillAndReap();
            standIn.Dispose();
            throw;
        }

        Release(standIn, pidFile);
        return standIn;
    }

    /// <summary>Removes the container and its stand-in; for failures, so that its own are not reported.</summary>
    public void Undo(StandInProcess standIn)
    {
        try
        {
            using var daemon = context.Connect();
            var request = new DeleteRequest { Container = Reference, Force = true };
            daemon.Call(ControlServiceNames.Delete, request, DeleteResponse.Parser, Deadlines.Change);
        }
        catch (Exception failure) when (failure is TtrpcException or CommandFailure)
        {
            context.Log?.Warning($"container \"{id}\" could not be removed: {failure.Message}");
        }

        standIn.KillAndReap();
    }

    private void Create(DaemonConnection daemon, Bundle bundle, BundleDescriptors descriptors, StandInProcess standIn)
    {
        var request = new CreateRequest
        {
            Container = Reference,
            Spec = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(bundle.Json),
            Bundle = bundle.DirectoryPath,
            StandIn = new ProcessRef { Pid = standIn.Identity.Pid, StartTime = standIn.Identity.StartTime },
            OwnerUid = Credentials.EffectiveUserId,
        };
        request.Descriptors.AddRange(descriptors.Roles);
        daemon.Call(ControlServiceNames.Create, request, CreateResponse.Parser, Deadlines.Create, descriptors.Handles);
    }

    private void Release(StandInProcess standIn, PidFile? pidFile)
    {
        try
        {
            standIn.Release();
            pidFile?.Write(standIn.Identity.Pid);
        }
        catch
        {
            Undo(standIn);
            standIn.Dispose();
            throw;
        }
    }

    private void WarnOfPassedOver(RuntimeSpec spec)
    {
        foreach (var item in PassedOver.List(spec))
        {
            context.Log?.Warning($"container \"{id}\": {item}");
        }
    }
}

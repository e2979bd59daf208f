using System.Security.Cryptography;
using Google.Protobuf;
using KataActors.Cli.Bundles;
using KataActors.Cli.Daemon;
using KataActors.Cli.Hooks;
using KataActors.Cli.Terminals;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

/// <summary>
/// The steps of <c>create</c>, in this order: all checks that leave no trace; open the bundle's paths; look for the program; reach the daemon; start the stand-in; let the
/// daemon create the container; release the stand-in; write the pid file. Hooks run when the daemon says so, and the program, which they may make, is looked
/// for after them. A failure undoes the earlier steps; when hooks had begun, the poststop hooks end that. When the daemon dies in between, its
/// successor has the container, or undoes it: then all steps but the checks are repeated once.
/// </summary>
internal sealed partial class ContainerCreation(CommandContext context, ContainerId id, string bundlePath, string? pidFilePath, TerminalFlags terminalFlags) : IDisposable
{
    private const int RequestIdBytes = 16;
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);

    private StandInLaunch? _launch;

    /// <summary>The container.</summary>
    public ContainerRef Reference { get; } = context.Reference(id);

    /// <summary>The caller's side of the terminal, once the container is created; null without one. It ends with this object.</summary>
    public CallerTerminal? Terminal { get; private set; }

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
        Terminal = CallerTerminal.Open(terminalFlags, bundle.Spec.Process!);
        _launch = new StandInLaunch(
            context, new ContainerProcess(Reference), Terminal, () => HookedRequests.Delete(context, Reference, force: true));
        context.WarnOf(id, PassedOver.List(bundle.Spec));
        using var daemon = context.Daemon(Deadlines.Create);
        var standIn = TryCreate(daemon, bundle) ?? TryCreate(daemon, bundle)
            ?? throw new CommandFailure($"cannot create container \"{id}\": the daemon was lost twice during the creation, and nothing of the container is left");
        SetTerminalSize(daemon, standIn);
        _launch.Release(standIn, pidFile);
        return standIn;
    }

    /// <summary>Removes the container and its stand-in as compensation; its own failures are only logged.</summary>
    public void Undo(StandInProcess standIn) => _launch!.Undo(standIn);

    /// <summary>Restores the caller's terminal.</summary>
    public void Dispose() => Terminal?.Dispose();

    // Before the start, so that the program's first look finds it.
    private void SetTerminalSize(DaemonSession daemon, StandInProcess standIn)
    {
        if (Terminal?.Size is not { } size)
        {
            return;
        }

        try
        {
            ContainerRequests.Resize(daemon, new ResizeTerminalRequest { Container = Reference, Rows = size.Height, Columns = size.Width });
        }
        catch
        {
            Undo(standIn);
            standIn.Dispose();
            throw;
        }
    }

    // Null: the daemon died, and its successor has no container of this request.
    private StandInProcess? TryCreate(DaemonSession daemon, Bundle bundle)
    {
        using var descriptors = BundleDescriptors.Open(bundle);
        if (bundle.Spec.Hooks is not { HasCreation: true })
        {
            ProgramLookup.Demand(bundle.Spec, descriptors.Rootfs);
        }

        var daemonPid = daemon.Call(connection => connection.Greet()).DaemonPid;
        using var view = ContainerView.Of(bundle);
        var standIn = _launch!.Begin(descriptors.NetworkNamespace, view, standIn => Create(daemon, daemonPid, bundle, descriptors, standIn));
        if (standIn is not null)
        {
            view.AddMounts(bundle, reason => context.Log?.Debug($"not shown by {standIn.Identity.Pid}: {reason}"));
        }

        return standIn;
    }

    private bool Create(DaemonSession daemon, int daemonPid, Bundle bundle, BundleDescriptors descriptors, StandInProcess standIn)
    {
        var request = new CreateRequest
        {
            Container = Reference,
            Spec = UnsafeByteOperations.UnsafeWrap(bundle.Json),
            Bundle = bundle.DirectoryPath,
            StandIn = standIn.Reference,
            OwnerUid = Credentials.EffectiveUserId,
            RequestId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(RequestIdBytes)),
            SharedMemoryBytes = (ulong)descriptors.SharedMemoryBytes,
        };
        request.Descriptors.AddRange(descriptors.Roles);
        var answer = daemon.Call(
            connection => connection.Call(ControlServiceNames.Create, request, CreateResponse.Parser, Deadlines.Create, descriptors.Handles),
            connection => WasCreated(connection, request.RequestId, daemon.Limit) ? new CreateResponse() : null);
        return answer is { HooksDue: true } ? RunHooks(bundle, descriptors, standIn, request.RequestId, daemonPid) : answer is not null;
    }

    // After the daemon's death a container in state creating is being undone. A container of another request: the daemon will refuse the repetition.
    private bool WasCreated(DaemonConnection daemon, ByteString requestId, TimeLimit limit)
    {
        for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            if (Find(daemon) is not { } found || !found.RequestId.Equals(requestId))
            {
                return false;
            }

            if (found.Status != "creating")
            {
                return true;
            }

            if (limit.IsOver)
            {
                throw new CommandFailure(
                    $"cannot create container \"{id}\": the daemon was lost during the creation, and its successor has not undone it within {limit.Span.TotalSeconds:0.###} s");
            }

            Thread.Sleep(limit.Cap(pause));
        }
    }

    private Container? Find(DaemonConnection daemon)
    {
        try
        {
            return ContainerRequests.State(daemon, Reference);
        }
        catch (TtrpcException failure) when (failure.Code == StatusCode.NotFound)
        {
            return null;
        }
    }
}

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Agent.Boot;
using KataActors.Agent.Containers;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using Names = KataActors.Protocol.Agent.AgentServiceNames;

namespace KataActors.Agent.Rpc;

/// <summary>The service <c>grpc.AgentService</c>: each method is one call on the sandbox or a container of it.</summary>
internal sealed class AgentService(Sandbox sandbox)
{
    private static readonly Empty s_done = new();
    private static readonly TimeSpan s_destroyDeadline = TimeSpan.FromSeconds(10);

    private readonly QuietCollection _collection = new();

    /// <summary>Adds the service's methods.</summary>
    internal TtrpcServer RegisterIn(TtrpcServer server)
    {
        Register(server, Names.CreateSandbox, CreateSandboxRequest.Parser, (request, _) => Done(() => sandbox.Create(request)));
        Register(server, Names.DestroySandbox, DestroySandboxRequest.Parser, (_, context) => DestroySandboxAsync(context.Cancelled));
        Register(server, Names.CreateContainer, CreateContainerRequest.Parser, async (request, context) =>
        {
            await sandbox.CreateContainerAsync(request, context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.StartContainer, StartContainerRequest.Parser, async (request, context) =>
        {
            await sandbox.Containers.Get(request.ContainerId).First.StartAsync(request.IfBegun, context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.RemoveContainer, RemoveContainerRequest.Parser, (request, context) => RemoveContainerAsync(request, context.Cancelled));
        Register(server, Names.ExecProcess, ExecProcessRequest.Parser, async (request, context) =>
        {
            await sandbox.ExecProcessAsync(request, context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.RemoveProcess, RemoveProcessRequest.Parser, async (request, context) =>
        {
            await sandbox.Containers.Get(request.ContainerId).RemoveProcessAsync(request.ExecId, context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.UpdateContainer, UpdateContainerRequest.Parser, (request, _) =>
            Done(() => sandbox.Containers.Get(request.ContainerId).Update(request)));
        Register(server, Names.PauseContainer, PauseContainerRequest.Parser, async (request, context) =>
        {
            await sandbox.Containers.Get(request.ContainerId).PauseAsync(context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.ResumeContainer, ResumeContainerRequest.Parser, async (request, context) =>
        {
            await sandbox.Containers.Get(request.ContainerId).ResumeAsync(context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.StatsContainer, StatsContainerRequest.Parser, (request, _) =>
            Task.FromResult(sandbox.Containers.Get(request.ContainerId).Stats()));
        Register(server, Names.ListProcesses, ListProcessesRequest.Parser, (request, context) =>
            sandbox.Containers.Get(request.ContainerId).ListProcessesAsync(context.Cancelled));
        Register(server, Names.OnlineCPUMem, OnlineCPUMemRequest.Parser, async (request, context) =>
        {
            await GuestCpus.SetAsync(request, context.Cancelled).ConfigureAwait(false);
            return s_done;
        });
        Register(server, Names.SignalProcess, SignalProcessRequest.Parser, (request, _) => Done(() => Signal(request)));
        Register(server, Names.WaitProcess, WaitProcessRequest.Parser, async (request, context) =>
        {
            var process = Process(request.ContainerId, request.ExecId);
            var status = await process.WaitAsync(context.Cancelled).ConfigureAwait(false);
            return new WaitProcessResponse { Status = status, StartFailure = await process.StartFailureAsync().ConfigureAwait(false) };
        });
        Register(server, Names.WriteStdin, WriteStreamRequest.Parser, (request, context) =>
            Process(request.ContainerId, request.ExecId).Stdin.WriteAsync(request, context.Cancelled));
        Register(server, Names.CloseStdin, CloseStdinRequest.Parser, (request, _) =>
            Done(() => Process(request.ContainerId, request.ExecId).Stdin.Close(request.HasOffset ? request.Offset : null)));
        Register(server, Names.ReadStdout, ReadStreamRequest.Parser, (request, context) =>
            Process(request.ContainerId, request.ExecId).Stdout.ReadAsync(request, context.Cancelled));
        Register(server, Names.ReadStderr, ReadStreamRequest.Parser, (request, context) =>
            Process(request.ContainerId, request.ExecId).Stderr.ReadAsync(request, context.Cancelled));
        Register(server, Names.TtyWinResize, TtyWinResizeRequest.Parser, (request, _) =>
            Done(() => Process(request.ContainerId, request.ExecId).Resize(request.Row, request.Column)));
        Register(server, Names.UpdateInterface, UpdateInterfaceRequest.Parser, (request, context) => GuestNetwork.UpdateInterfaceAsync(request, context.Cancelled));
        Register(server, Names.UpdateRoutes, UpdateRoutesRequest.Parser, (request, _) => Task.FromResult(GuestNetwork.UpdateRoutes(request)));
        Register(server, Names.AddARPNeighbors, AddARPNeighborsRequest.Parser, (request, _) => Done(() => GuestNetwork.AddNeighbors(request)));
        Register(server, Names.GetGuestDetails, GuestDetailsRequest.Parser, async (request, context) =>
        {
            if (request.Settle)
            {
                await sandbox.SettleAsync(context.Cancelled).ConfigureAwait(false);

                // A clone has no collection to make up for.
                _collection.Restart();
            }

            return GuestDetails.Read(request);
        });
        Register(server, Names.ReseedRandomDev, ReseedRandomDevRequest.Parser, (request, _) => Done(() => GuestIdentities.Reseed(request.Data.Span)));
        Register(server, Names.SetGuestDateTime, SetGuestDateTimeRequest.Parser, (request, _) => Done(() => GuestIdentities.SetClock(request)));
        return server;
    }

    private void Register<TRequest, TResponse>(
        TtrpcServer server, string method, MessageParser<TRequest> parser, Func<TRequest, TtrpcCallContext, Task<TResponse>> handler)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> => server.Register(Names.Agent, method, parser, (request, context) =>
        {
            _collection.Notice();
            return handler(request, context);
        });

    private static Task<Empty> Done(Action action)
    {
        action();
        return Task.FromResult(s_done);
    }

    private ContainerProcess Process(string id, string execId) => sandbox.Containers.Get(id).Process(execId);

    private void Signal(SignalProcessRequest request)
    {
        if (request.Signal > Signals.Max)
        {
            throw Failures.Invalid($"signal {request.Signal} is not valid");
        }

        var container = sandbox.Containers.Get(request.ContainerId);
        if (request.ExecId.Length == 0)
        {
            container.SignalAll((int)request.Signal);
        }
        else
        {
            container.Process(request.ExecId).Signal((int)request.Signal);
        }
    }

    // Without a timeout the call lasts until the caller gives up.
    private async Task<Empty> RemoveContainerAsync(RemoveContainerRequest request, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (request.Timeout > 0)
        {
            deadline.CancelAfter(TimeSpan.FromSeconds(request.Timeout));
        }

        try
        {
            await sandbox.RemoveContainerAsync(request.ContainerId, deadline.Token).ConfigureAwait(false);
            return s_done;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failures.Late($"container \"{request.ContainerId}\" could not be removed within {request.Timeout} s");
        }
    }

    private async Task<Empty> DestroySandboxAsync(CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_destroyDeadline);
        await sandbox.DestroyAsync(deadline.Token).ConfigureAwait(false);
        return s_done;
    }
}

/// <summary>Adds the service to a server's table.</summary>
internal static class AgentServiceRegistration
{
    internal static TtrpcServer RegisterAgent(this TtrpcServer server, Sandbox sandbox) => new AgentService(sandbox).RegisterIn(server);
}

using Akka.Actor;
using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using Microsoft.Extensions.Logging;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.Runtime.Gateway;

/// <summary>
/// The methods of the control service: each turns its request into one message to the SandboxManagerActor, and the reply into the
/// response. It serves any number of connections.
/// </summary>
internal sealed partial class ControlService
{
    // The wait for an ended container is answered at once; the answer still needs time to travel.
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(200);

    private readonly ICanTell _sandboxes;
    private readonly DescriptorTable _descriptors;
    private readonly ControlSettings _settings;
    private readonly CallActivity _activity;
    private readonly ILogger<ControlService> _log;
    private readonly uint _ownUid = Caller.OwnUid();

    /// <param name="sandboxes">The SandboxManagerActor.</param>
    /// <param name="descriptors">The descriptors not yet taken by an actor.</param>
    /// <param name="settings">The timeouts for the actors' answers.</param>
    /// <param name="activity">Told of each call.</param>
    /// <param name="log">For ignored parts of specifications, and unexpected exceptions.</param>
    public ControlService(
        ICanTell sandboxes, DescriptorTable descriptors, ControlSettings settings, CallActivity activity, ILogger<ControlService> log)
    {
        _sandboxes = sandboxes;
        _descriptors = descriptors;
        _settings = settings;
        _activity = activity;
        _log = log;
        Server = new TtrpcServer(onUnexpected: (method, failure) => LogUnexpected(failure, method));
        RegisterCreation();
        Register(Names.Start, StartRequest.Parser, async (request, call) =>
        {
            var started = await AskAsync<SandboxCommands.Started>(new SandboxCommands.StartContainer(Requests.Key(request.Container)), _settings.Start, call);
            return new StartResponse { Hooked = started.Hooked is { } hooked ? Responses.WithHooks(hooked) : null };
        });
        Register(Names.State, StateRequest.Parser, async (request, call) =>
            new StateResponse { Container = Responses.WithHooks(await QueryAsync<ContainerSnapshot>(new SandboxQueries.GetContainer(Requests.Key(request.Container)), call)) });
        Register(Names.List, ListRequest.Parser, async (request, call) =>
        {
            var list = await QueryAsync<SandboxQueries.ContainerList>(new SandboxQueries.ListContainers(Requests.CheckPath("root", request.Root)), call);
            var (entries, next) = Pages.Cut(list.Containers, container => container.Key, Responses.Container, request.PageToken, request.PageSize);
            return new ListResponse { Containers = { entries }, NextPageToken = next };
        });
        Register(Names.Kill, KillRequest.Parser, async (request, call) =>
        {
            var command = new SandboxCommands.KillContainer(Requests.Key(request.Container), Requests.Signal(request.Signal), request.All)
            {
                Process = Requests.Process(request.Process),
            };
            await CommandAsync<SandboxCommands.Signalled>(command, call);
            return new KillResponse();
        });
        Register(Names.Delete, DeleteRequest.Parser, async (request, call) =>
        {
            await CommandAsync<SandboxCommands.Deleted>(new SandboxCommands.DeleteContainer(Requests.Key(request.Container), request.Force), call);
            return new DeleteResponse();
        });
        Register(Names.Update, UpdateRequest.Parser, async (request, call) =>
        {
            var command = new SandboxCommands.UpdateContainer(Requests.Key(request.Container), Requests.Resources(request.Resources));
            var updated = await AskAsync<SandboxCommands.Updated>(command, _settings.Create, call);
            return new UpdateResponse { Warnings = { updated.Warnings } };
        }, UpdateRequest.ResourcesFieldNumber);
        Register(Names.Exec, ExecRequest.Parser, async (request, call) =>
        {
            await AskAsync<SandboxCommands.Executed>(Requests.Exec(request), _settings.Create, call);
            return new ExecResponse();
        }, ExecRequest.SpecFieldNumber);
        RegisterProcesses();
        Register(Names.ReadOutput, ReadOutputRequest.Parser, ReadOutputAsync);
        Register(Names.WriteInput, WriteInputRequest.Parser, async (request, call) =>
        {
            var data = request.Data.Memory[..Math.Min(request.Data.Length, Requests.MaxChunk)];
            var command = new SandboxCommands.WriteInput(Requests.Key(request.Container), request.Offset, data) { Process = Requests.Process(request.Process) };
            var accepted = await CommandAsync<SandboxCommands.InputAccepted>(command, call);
            return new WriteInputResponse { Accepted = accepted.Count };
        }, WriteInputRequest.DataFieldNumber);
        Register(Names.CloseInput, CloseInputRequest.Parser, async (request, call) =>
        {
            var command = new SandboxCommands.CloseInput(Requests.Key(request.Container), request.Offset) { Process = Requests.Process(request.Process) };
            await CommandAsync<SandboxCommands.InputClosed>(command, call);
            return new CloseInputResponse();
        });
        Register(Names.ResizeTerminal, ResizeTerminalRequest.Parser, async (request, call) =>
        {
            var (rows, columns) = Requests.Size(request);
            var command = new SandboxCommands.ResizeTerminal(Requests.Key(request.Container), rows, columns) { Process = Requests.Process(request.Process) };
            await CommandAsync<SandboxCommands.TerminalResized>(command, call);
            return new ResizeTerminalResponse();
        });
        Register(Names.Wait, WaitRequest.Parser, WaitAsync);
        Register(Names.Version, VersionRequest.Parser, (_, _) =>
            Task.FromResult(new VersionResponse { Version = Product.Version, DaemonPid = Environment.ProcessId }));
        Register(Names.ListSandboxes, ListSandboxesRequest.Parser, async (request, call) =>
        {
            var list = await QueryAsync<SandboxQueries.SandboxList>(new SandboxQueries.ListSandboxes(), call);
            var (entries, next) = Pages.Cut(list.Sandboxes, sandbox => sandbox.Key, Responses.Summary, request.PageToken, request.PageSize);
            return new ListSandboxesResponse { Sandboxes = { entries }, NextPageToken = next, JournalProblem = list.JournalProblem };
        });
        Register(Names.InspectSandbox, InspectSandboxRequest.Parser, async (request, call) =>
        {
            var details = await CommandAsync<SandboxDetails>(new SandboxQueries.InspectSandbox(Requests.Key(request.Root, request.Id)), call);
            var (entries, next) = Pages.Cut(details.Containers, container => container.Key, Responses.Bare, request.PageToken, request.PageSize);
            return Responses.Details(details, entries, next);
        });
    }

    /// <summary>The table of methods.</summary>
    public TtrpcServer Server { get; }

    private async Task<ReadOutputResponse> ReadOutputAsync(ReadOutputRequest request, TtrpcCallContext call)
    {
        var wait = Requests.Poll(request.WaitMs);
        var query = new SandboxQueries.ReadOutput(
            Requests.Key(request.Container),
            request.Stream == OutputStream.Stderr,
            request.Offset,
            Math.Clamp(request.MaxBytes, 1, Requests.MaxChunk),
            wait) { Process = Requests.Process(request.Process), Close = request.Close };
        var read = await AskAsync<SandboxQueries.OutputRead>(query, wait + _settings.Command, call);
        return new ReadOutputResponse { Data = UnsafeByteOperations.UnsafeWrap(read.Data), EndOfStream = read.EndOfStream };
    }

    private async Task<WaitResponse> WaitAsync(WaitRequest request, TtrpcCallContext call)
    {
        var query = new SandboxQueries.WaitContainer(Requests.Key(request.Container), TimeSpan.Zero) { Process = Requests.Process(request.Process) };
        var wait = Requests.Poll(request.WaitMs);
        wait = wait > s_shortestWait ? wait : s_shortestWait;
        try
        {
            var exit = await SendAsync<ContainerExit>(query with { Wait = wait }, wait, call);
            return new WaitResponse { Exited = true, ExitCode = exit.Code, Reason = exit.Reason };
        }
        catch (AskTimeoutException)
        {
            return new WaitResponse();
        }
    }

    private Task<T> CommandAsync<T>(object command, TtrpcCallContext call) => AskAsync<T>(command, _settings.Command, call);

    private Task<T> QueryAsync<T>(object query, TtrpcCallContext call) => AskAsync<T>(query, _settings.Query, call);

    private async Task<T> AskAsync<T>(object message, TimeSpan timeout, TtrpcCallContext call)
    {
        try
        {
            return await SendAsync<T>(message, timeout, call);
        }
        catch (AskTimeoutException)
        {
            throw new TtrpcException(StatusCode.DeadlineExceeded, $"{Describe(message)} had no answer within {timeout.TotalSeconds:0.###} s");
        }
    }

    private Task<T> SendAsync<T>(object message, TimeSpan timeout, TtrpcCallContext call) => SendAsync<T>(_sandboxes, message, timeout, call);

    private static async Task<T> SendAsync<T>(ICanTell actor, object message, TimeSpan timeout, TtrpcCallContext call) =>
        await actor.Ask<object>(message, timeout, call.Cancelled) switch
        {
            T reply => reply,
            Failure failure => throw new TtrpcException((StatusCode)(int)failure.Code, failure.Message),
            var other => throw new InvalidOperationException($"{Describe(message)} was answered with {other.GetType().Name}"),
        };

    private static string Describe(object message) =>
        message is IContainerMessage { Key.Id: var id } ? $"{message.GetType().Name} of \"{id}\"" : message.GetType().Name;

    private void Register<TRequest, TResponse>(
        string method, MessageParser<TRequest> parser, Func<TRequest, TtrpcCallContext, Task<TResponse>> handler, int bulkField = 0)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        Server.Register(
            Names.Control,
            method,
            parser,
            async (request, call) =>
            {
                _activity.Begin();
                try
                {
                    Caller.Authorize(call.Peer, _ownUid);
                    return await handler(request, call);
                }
                finally
                {
                    _activity.End();
                }
            },
            new MessageBounds(bulkField));

    [LoggerMessage(LogLevel.Error, "{Method} failed unexpectedly")]
    private partial void LogUnexpected(Exception failure, string method);
}

using System.Collections.Concurrent;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.TestSupport;

/// <summary>The methods for a container's processes.</summary>
public sealed partial class FakeDaemon
{
    /// <summary>The answer to a question for a container's processes.</summary>
    public ProcessesResponse Processes { get; set; } = new();

    /// <summary>The answers to questions for statistics; then there are none.</summary>
    public ConcurrentQueue<CgroupStats> Stats { get; } = new();

    private void RegisterProcesses()
    {
        Register(Names.Exec, ExecRequest.Parser, (request, _) =>
        {
            var container = this[request.Container];
            Demand(container.Status == "running", $"cannot exec in a {container.Status} container");
            container.Add(request);
            return Task.FromResult(new ExecResponse());
        });
        Register(Names.Pause, PauseRequest.Parser, (request, _) =>
        {
            SetPaused(request.Container, "running", "paused");
            return Task.FromResult(new PauseResponse());
        });
        Register(Names.Resume, ResumeRequest.Parser, (request, _) =>
        {
            SetPaused(request.Container, "paused", "running");
            return Task.FromResult(new ResumeResponse());
        });
        Register(Names.Processes, ProcessesRequest.Parser, (request, _) => this[request.Container] is { } ? Task.FromResult(Processes) : throw NotFound(request.Container.Id));
        Register(Names.Stats, StatsRequest.Parser, (request, _) =>
            Task.FromResult(new StatsResponse { Status = this[request.Container].Status, Stats = Stats.TryDequeue(out var stats) ? stats : null }));
        Register(Names.Kill, KillRequest.Parser, (request, _) =>
        {
            var process = Find(request.Container, request.Process);
            Demand(process.ExitCode is null, $"cannot signal container \"{request.Container.Id}\": container not running");
            process.Signal(request.Signal, request.All);
            return Task.FromResult(new KillResponse());
        });
        Register(Names.ReadOutput, ReadOutputRequest.Parser, (request, call) => Find(request.Container, request.Process).ReadAsync(request, call.Cancelled));
        Register(Names.WriteInput, WriteInputRequest.Parser, (request, _) => Task.FromResult(Find(request.Container, request.Process).Write(request)));
        Register(Names.CloseInput, CloseInputRequest.Parser, (request, _) =>
        {
            Find(request.Container, request.Process).CloseInput(request.Offset);
            return Task.FromResult(new CloseInputResponse());
        });
        Register(Names.ResizeTerminal, ResizeTerminalRequest.Parser, (request, _) =>
        {
            Find(request.Container, request.Process).Resize(request.Rows, request.Columns);
            return Task.FromResult(new ResizeTerminalResponse());
        });
        Register(Names.Wait, WaitRequest.Parser, (request, call) => Find(request.Container, request.Process).WaitAsync(request, call.Cancelled));
    }

    private void SetPaused(ContainerRef reference, string from, string to)
    {
        var container = this[reference];
        Demand(container.Status == from, $"container not {from}: it is {container.Status}");
        container.Status = to;
    }

    private FakeContainerProcess Find(ContainerRef container, string process) => this[container].Find(process)
        ?? throw new TtrpcException(StatusCode.NotFound, $"container \"{container.Id}\" has no process {process}");
}

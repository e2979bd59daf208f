using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.Runtime.Gateway;

/// <content>The methods that pause a container's processes, and look at them.</content>
internal sealed partial class ControlService
{
    private void RegisterProcesses()
    {
        Register(Names.Pause, PauseRequest.Parser, async (request, call) =>
        {
            await AskAsync<SandboxCommands.Paused>(new SandboxCommands.PauseContainer(Requests.Key(request.Container)), _settings.Create, call);
            return new PauseResponse();
        });
        Register(Names.Resume, ResumeRequest.Parser, async (request, call) =>
        {
            await AskAsync<SandboxCommands.Resumed>(new SandboxCommands.ResumeContainer(Requests.Key(request.Container)), _settings.Create, call);
            return new ResumeResponse();
        });
        Register(Names.Processes, ProcessesRequest.Parser, async (request, call) =>
        {
            var inside = request.Inside ? SandboxQueries.Inside.Processes : SandboxQueries.Inside.Nothing;
            return Responses.Processes(await ViewAsync(request.Container, inside, call));
        });
        Register(Names.Stats, StatsRequest.Parser, async (request, call) =>
            Responses.Stats(await ViewAsync(request.Container, SandboxQueries.Inside.Statistics, call)));
    }

    private Task<SandboxQueries.ContainerView> ViewAsync(ContainerRef? container, SandboxQueries.Inside inside, TtrpcCallContext call) =>
        CommandAsync<SandboxQueries.ContainerView>(new SandboxQueries.ViewContainer(Requests.Key(container), inside), call);
}

using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using Microsoft.Extensions.Logging;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.Runtime.Gateway;

// The methods of a creation.
internal sealed partial class ControlService
{
    private void RegisterCreation()
    {
        Register(Names.Create, CreateRequest.Parser, CreateAsync, CreateRequest.SpecFieldNumber);
        Register(Names.FinishCreate, FinishCreateRequest.Parser, async (request, call) =>
        {
            var finish = new SandboxCommands.FinishCreation(Requests.Key(request.Container), request.RequestId);
            return new FinishCreateResponse { Created = (await AskAsync<SandboxCommands.Finished>(finish, _settings.Create, call)).IsCreated };
        });
    }

    private async Task<CreateResponse> CreateAsync(CreateRequest request, TtrpcCallContext call)
    {
        var command = CreateRequests.Read(request, call, _descriptors);
        foreach (var item in PassedOver.List(command.Spec))
        {
            LogPassedOver(command.Placement.SandboxId.Value, command.Key.Id, item);
        }

        try
        {
            var created = await AskAsync<SandboxCommands.Created>(command, _settings.Create, call);
            return new CreateResponse { HooksDue = created.HooksDue };
        }
        finally
        {
            // Frees only descriptors that no actor has taken.
            _descriptors.Release(command.Descriptors);
        }
    }

    [LoggerMessage(LogLevel.Warning, "config.json of container {Container} in sandbox {Sandbox}: {Item}")]
    private partial void LogPassedOver(string sandbox, string container, string item);
}

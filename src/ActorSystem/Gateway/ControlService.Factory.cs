using Akka.Actor;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.Runtime.Gateway;

/// <content>The methods that concern the factory.</content>
internal sealed partial class ControlService
{
    private static readonly TimeSpan s_factoryMargin = TimeSpan.FromSeconds(60);

    /// <summary>Adds them.</summary>
    public ControlService AddFactory(ICanTell factory, SandboxDeadlines deadlines)
    {
        // Beyond the boot: saving, checksums, and the time of a stop.
        var longest = deadlines.Boot + s_factoryMargin;
        Register(Names.InitFactory, InitFactoryRequest.Parser, async (request, call) =>
        {
            var progress = await AskFactoryAsync<FactoryProtocol.TemplateProgress>(new FactoryProtocol.InitTemplate(request.KnownStep), call);
            return new InitFactoryResponse { Step = progress.Step, Done = progress.Done, Made = progress.Made };
        });
        Register(Names.FactoryStatus, FactoryStatusRequest.Parser, async (_, call) =>
            Responses.Factory(await AskFactoryAsync<FactoryStatus>(new FactoryProtocol.GetStatus(), call)));
        Register(Names.DestroyFactory, DestroyFactoryRequest.Parser, async (_, call) =>
            new DestroyFactoryResponse { HadTemplate = (await AskFactoryAsync<FactoryProtocol.FactoryDestroyed>(new FactoryProtocol.DestroyFactory(), call)).HadTemplate });
        return this;

        async Task<T> AskFactoryAsync<T>(object message, TtrpcCallContext call)
        {
            try
            {
                return await SendAsync<T>(factory, message, longest, call);
            }
            catch (AskTimeoutException)
            {
                throw new TtrpcException(StatusCode.DeadlineExceeded, $"the factory did not answer within {longest.TotalSeconds:0.###} s");
            }
        }
    }
}

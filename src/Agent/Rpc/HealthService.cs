using KataActors.Agent.Boot;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Rpc;

/// <summary>The service <c>grpc.Health</c>.</summary>
internal static class HealthService
{
    internal static TtrpcServer RegisterHealth(this TtrpcServer server) => server
        .Register(AgentServiceNames.Health, AgentServiceNames.Check, CheckRequest.Parser, (_, _) =>
            Task.FromResult(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving }))
        .Register(AgentServiceNames.Health, AgentServiceNames.Version, CheckRequest.Parser, (_, _) =>
            Task.FromResult(new VersionCheckResponse { GrpcVersion = AgentVersion.Protocol, AgentVersion = AgentVersion.Own }));
}

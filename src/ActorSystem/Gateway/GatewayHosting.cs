using Akka.Hosting;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Sandboxes;
using Microsoft.Extensions.Logging;

namespace KataActors.Runtime.Gateway;

/// <summary>Adds the gateway to an actor system.</summary>
internal static class GatewayHosting
{
    /// <summary>Starts the <see cref="GatewayActor"/>; the SandboxManagerActor and the FactoryActor must have been added before.</summary>
    public static AkkaConfigurationBuilder AddGateway(
        this AkkaConfigurationBuilder builder,
        GatewaySettings settings,
        SandboxDeadlines deadlines,
        DescriptorTable descriptors,
        IDaemonLifetime lifetime,
        ILoggerFactory logs,
        TimeProvider clock) =>
        builder.WithActors((system, registry) =>
        {
            var sandboxes = registry.Get<SandboxManagerActor>();
            var activity = new CallActivity(clock);
            var service = new ControlService(sandboxes, descriptors, ControlSettings.For(deadlines), activity, logs.CreateLogger<ControlService>())
                .AddFactory(registry.Get<FactoryActor>(), deadlines);
            registry.Register<GatewayActor>(system.ActorOf(GatewayActor.Props(settings, sandboxes, service, activity, lifetime), GatewayActor.Name));
        });
}

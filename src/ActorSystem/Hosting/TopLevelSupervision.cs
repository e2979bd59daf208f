using Akka.Actor;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// Supervises the actors below <c>/user</c>, instead of Akka.NET's default, which restarts without limit: an actor that fails more than five times in
/// a minute, or cannot start, is stopped. The daemon ends with the factory, the journal's keeper, the sandboxes or the gateway. The next daemon adopts the running VMs.
/// </summary>
public sealed class TopLevelSupervision : SupervisorStrategyConfigurator
{
    private const int MostRestarts = 5;

    /// <inheritdoc/>
    public override SupervisorStrategy Create() =>
        new OneForOneStrategy(MostRestarts, TimeSpan.FromMinutes(1), Akka.Actor.SupervisorStrategy.DefaultDecider.Decide);
}

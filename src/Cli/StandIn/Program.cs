using KataActors.Cli;
using KataActors.Cli.StandIn;

// Only StandInProcess starts it.
return args is [var address, var root, var id] ? new ContainerStandIn(address, root, id).Run() : CommandFailure.Usage;

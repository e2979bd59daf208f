using KataActors.Cli;
using KataActors.Cli.StandIn;
using KataActors.Protocol.Control;

// Only StandInProcess starts it.
return args is [var address, var root, var id, .. { Length: <= 1 } process]
    ? new ContainerStandIn(address, new ContainerProcess(new ContainerRef { Root = root, Id = id }, string.Concat(process))).Run()
    : CommandFailure.Usage;

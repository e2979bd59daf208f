using KataActors.Cli;
using KataActors.Cli.StandIn;
using KataActors.Protocol.Control;

// Only StandInProcess starts it.
return args is [var address, var root, var id, var process, var stdio]
    ? new ContainerStandIn(address, new ContainerProcess(new ContainerRef { Root = root, Id = id }, process), Kind(stdio)).Run()
    : CommandFailure.Usage;

static StdioKind Kind(string name) => name switch
{
    nameof(StdioKind.Console) => StdioKind.Console,
    nameof(StdioKind.CommandTerminal) => StdioKind.CommandTerminal,
    _ => StdioKind.Streams,
};

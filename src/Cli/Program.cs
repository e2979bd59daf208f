using KataActors.Cli;
using KataActors.Cli.StandIn;
using KataActors.Linux;

// Without the command line's machinery: this process stays, and should be small.
if (args is [ContainerStandIn.Verb, var address, var root, var id])
{
    return new ContainerStandIn(address, root, id).Run();
}

// What the caller left open is not ours to pass on: the stand-in and the daemon live longer than this command.
DescriptorHygiene.MarkInheritedCloseOnExec();
return CommandLine.Run(args);

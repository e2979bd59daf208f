using KataActors.Agent.Boot;
using KataActors.Agent.Setup;

// The agent starts itself again, inside a container's namespaces, to become a process of it. The first one prepares the container.
return args switch
{
    [ContainerSetup.Verb] => ProcessSetup.Run(ContainerSetup.Prepare),
    [ExecSetup.Verb] => ProcessSetup.Run(ExecSetup.Prepare),

    // The program of the warm-up container.
    ["rehearse"] => 0,
    _ => GuestInit.Run(),
};

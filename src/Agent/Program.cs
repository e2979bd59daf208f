using KataActors.Agent.Boot;
using KataActors.Agent.Setup;

// The agent starts itself again, inside a container's new namespaces, to prepare the container and become its process.
return args switch
{
    [ContainerSetup.Verb] => ContainerSetup.Run(),

    // The program of the warm-up container.
    ["rehearse"] => 0,
    _ => GuestInit.Run(),
};

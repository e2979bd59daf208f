using KataActors.Agent.Boot;
using KataActors.Agent.Setup;

// The agent starts itself again, inside a container's namespaces, to become the first process of it, or to be copied into its further ones.
return args switch
{
    [ContainerSetup.Verb] => ProcessSetup.Run(ContainerSetup.Prepare),
    [Zygote.Verb] => Zygote.Run(),

    // The program of the warm-up container.
    ["rehearse"] => 0,
    _ => GuestInit.Run(),
};

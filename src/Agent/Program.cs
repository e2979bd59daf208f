using KataActors.Agent.Boot;
using KataActors.Agent.Setup;

// The agent starts itself again, inside a container's new namespaces, to prepare the container and become its process.
return args is [ContainerSetup.Verb] ? ContainerSetup.Run() : GuestInit.Run();

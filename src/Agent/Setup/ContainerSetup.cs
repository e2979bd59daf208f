using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Setup;

/// <summary>The first process of a container: it takes new mount and cgroup namespaces, and builds the container's root.</summary>
internal static class ContainerSetup
{
    /// <summary>The agent's argument that leads here.</summary>
    internal const string Verb = "ns-init";

    /// <summary>Prepares the container; its document is the spec.</summary>
    internal static ContainerProgram Prepare(int lastCapability)
    {
        var spec = Spec.Parser.ParseFrom(SetupChannel.ReadDocument());
        ProcessImage.Unshare(NamespaceKinds.Mount | NamespaceKinds.Cgroup);
        var program = new ContainerProgram(spec.Process, lastCapability);
        program.SetOomScore();
        if (spec.Hostname.Length > 0)
        {
            ProcessImage.SetHostName(spec.Hostname);
        }

        if (spec.Domainname.Length > 0)
        {
            ProcessImage.SetDomainName(spec.Domainname);
        }

        foreach (var (name, value) in spec.Linux?.Sysctl ?? [])
        {
            Sysctls.Set(name, value);
        }

        using var root = ContainerRoot.Build(spec, inside => program.Terminal = ProcessTerminal.Open(spec.Process, inside, console: true));
        program.PrepareIn(new RootedPath(root));
        ProcessImage.EnterRoot(root);
        program.SetScheduling();
        return program;
    }
}

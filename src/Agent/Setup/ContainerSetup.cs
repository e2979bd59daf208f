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
        var ids = IdMaps.Of(spec.Linux);
        var hasTime = TimeNamespace.IsAskedFor(spec.Linux);
        if (ids is not null || hasTime)
        {
            OnlyThread.Become();
        }

        if (hasTime)
        {
            TimeNamespace.Enter(spec.Linux);
        }

        ProcessImage.Unshare(NamespaceKinds.Mount | NamespaceKinds.Cgroup);
        var program = new ContainerProgram(spec.Process, lastCapability) { LooksAhead = true, Hooks = spec.Hooks };
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

        ids?.Translate(spec);
        ids?.ActAsRoot();
        using var root = ContainerRoot.Build(spec, inside => program.Terminal = ProcessTerminal.Open(spec.Process, inside, console: true));
        program.PrepareIn(new RootedPath(root));
        ProcessImage.EnterRoot(root);
        program.SetScheduling();
        if (ids is not null)
        {
            program.PrepareForUserNamespace();
            EnterUserNamespace();
        }

        return program;
    }

    // Last: everything above is made with the rights of the guest's root, and the container's root can undo none of it. The mounts are copied, so that they
    // belong to the user namespace, where the kernel locks them.
    private static void EnterUserNamespace()
    {
        ProcessImage.Unshare(NamespaceKinds.User);
        if (!SetupChannel.Ask(SetupChannel.Unmapped, SetupChannel.Mapped))
        {
            throw Failures.Internal("the container was given up");
        }

        ProcessImage.Unshare(NamespaceKinds.Mount);
    }
}

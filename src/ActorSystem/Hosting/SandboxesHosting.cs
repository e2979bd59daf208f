using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Hosting;

/// <summary>Adds the sandboxes, and the factory of their VMs, to the actor system.</summary>
internal static class SandboxesHosting
{
    // sun_path holds 108 bytes; the longest file in a sandbox's directory is agent.sock.
    private const int LongestSocketPath = 107;

    private static readonly TimeSpan s_poolEnd = TimeSpan.FromSeconds(4);

    /// <summary>Adds <c>/user/factory</c>, <c>/user/sandboxes</c> and <c>/user/journal-keeper</c>.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="paths">The files of the daemon.</param>
    /// <param name="descriptors">The descriptors of requests.</param>
    /// <param name="journalProblem">Why the journal's file cannot be used now; null when it can.</param>
    public static AkkaConfigurationBuilder AddSandboxes(
        this AkkaConfigurationBuilder builder, DaemonSettings settings, DaemonPaths paths, DescriptorTable descriptors, string? journalProblem)
    {
        var sandbox = new SandboxSettings(paths.RunDirectory, settings.Vm, settings.Deadlines) { Cgroups = settings.Cgroups, Network = settings.Network };
        return builder.WithActors((system, registry) =>
        {
            var launcher = new VmmLauncher(unmet => system.Log.Warning("{0}", unmet));
            var crash = new CrashPoints(settings.CrashAt, paths.CrashMark);
            var children = Children(settings, Hypervisor(settings), launcher, crash);
            var factory = system.ActorOf(FactoryActor.Props(Factory(settings, paths, Children(settings, FactorysHypervisor(settings), launcher, crash))), FactoryActor.Name);
            registry.Register<FactoryActor>(factory);
            CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceStop, "end-the-pool", () => EndPoolAsync(factory));
            var services = new SandboxServices(sandbox, descriptors, factory, children);
            var keeper = system.ActorOf(JournalKeeperActor.Props(paths.JournalFile), "journal-keeper");
            registry.Register<JournalKeeperActor>(keeper);
            registry.Register<SandboxManagerActor>(system.ActorOf(
                SandboxManagerActor.Props(
                    (registration, life) => SandboxActor.Props(registration, life, services),
                    descriptors,
                    LongestHostName(sandbox),
                    keeper,
                    sandbox.SandboxesDirectory,
                    journalProblem,
                    settings.Deadlines.Journal),
                SandboxManagerActor.Name));
        });
    }

    /// <summary>The longest host name with which every socket path of the sandbox, and QEMU's -name, is valid.</summary>
    internal static int LongestHostName(SandboxSettings settings) =>
        Math.Clamp(LongestSocketPath - Path.Combine(settings.SandboxDirectory(""), "agent.sock").Length - 1, 24, 64);

    /// <summary>The deadlines of a sandbox's hypervisor actor.</summary>
    internal static HypervisorSettings Hypervisor(DaemonSettings settings) =>
        new() { QuitTimeout = settings.Deadlines.StopStep, TerminateTimeout = settings.Deadlines.StopStep };

    /// <summary>The deadlines of a factory VM's hypervisor actor: with the pool's weight a monitor answers late on a busy host.</summary>
    internal static HypervisorSettings FactorysHypervisor(DaemonSettings settings)
    {
        var usual = Hypervisor(settings);
        return usual with { MonitorCommandTimeout = usual.MonitorCommandTimeout * FactoryActor.PoolPatience };
    }

    private static async Task<Done> EndPoolAsync(IActorRef factory)
    {
        try
        {
            await factory.Ask<FactoryProtocol.PoolEnded>(new FactoryProtocol.EndPool(), s_poolEnd).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // Remaining VMs end with their actors; the next daemon removes their remains.
        }

        return Done.Instance;
    }

    private static FactoryServices Factory(DaemonSettings settings, DaemonPaths paths, SandboxChildren children) => new(
        settings.Factory,
        settings.Vm,
        HostVirtualization.Probe(),
        new FactoryDirectory(paths.FactoryDirectory, settings.Vm.QemuPath),
        new TemplateFiles(paths.TemplateFolder(settings.Factory)),
        children,
        settings.Deadlines.Boot,
        settings.Deadlines.Queue);

    private static SandboxChildren Children(DaemonSettings settings, HypervisorSettings hypervisor, VmmLauncher launcher, CrashPoints crash)
    {
        var cgroups = new CgroupSettings { LeastCpuPercent = settings.Cgroups.LeastCpuPercent, PinVcpus = settings.Cgroups.PinVcpus };
        return new SandboxChildren(
            () => HypervisorActor.Props(hypervisor, launcher),
            (hostName, placement) => CgroupActor.Props(cgroups with { Placement = placement }, hostName),
            StorageActor.Props,
            () => AgentActor.Props())
        {
            CrashPoints = crash,
        };
    }
}

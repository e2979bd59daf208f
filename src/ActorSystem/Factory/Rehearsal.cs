using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The container that a guest runs for nobody, before it is saved or waits for its use, so that the first one of its sandbox finds done what happens only
/// once: in a template types initialised, calls bound, the kernel's caches filled; in a VM that waits, also the code translated or in the processor's caches.
/// </summary>
internal static class Rehearsal
{
    private const string Id = "rehearsal";
    private const uint LongestReadMs = 10_000;

    /// <summary>What the agent is asked for, one after the other; the last answer tells that the guest is ready.</summary>
    /// <param name="config">The guest's VM. One that waits takes on an identity of its own first, mounts the share, which stays mounted, and runs a program from it;
    /// one that is to be saved cannot.</param>
    public static ImmutableQueue<IMessage> Requests(VmConfig config)
    {
        var share = config.Template is not { Use: TemplateUse.Make };
        var sandbox = new CreateSandboxRequest();
        if (share)
        {
            sandbox.Identity = GuestIdentities.New(config.HostName, config.Uuid);
            sandbox.Storages.Add(GuestShare.Storage());
        }

        return
        [
            // Without an id, which the sandbox that takes the VM gives it.
            sandbox,
            Container(share),
            new StartContainerRequest { ContainerId = Id },
            new ReadStreamRequest { ContainerId = Id, ExecId = Id, Offset = 0, WaitMs = LongestReadMs },
            new WaitProcessRequest { ContainerId = Id, ExecId = Id },
            new RemoveContainerRequest { ContainerId = Id },
            new GuestDetailsRequest { Settle = true },
        ];
    }

    private static CreateContainerRequest Container(bool share) => new()
    {
        ContainerId = Id,
        ExecId = Id,
        OCI = new Spec
        {
            Process = new Process
            {
                Args = { share ? [$"/{RehearsalRoot.Program}"] : ["/init", "rehearse"] },
                Env = { "PATH=/bin" },
                Cwd = "/",
                User = new User(),
                Capabilities = new LinuxCapabilities { Bounding = { "CAP_KILL" }, Effective = { "CAP_KILL" }, Permitted = { "CAP_KILL" } },
                Rlimits = { new POSIXRlimit { Type = "RLIMIT_NOFILE", Soft = 1024, Hard = 1024 } },
                NoNewPrivileges = true,
            },
            Root = new Root { Path = share ? $"{GuestPaths.Share}/{RehearsalRoot.Name}" : "/", Readonly = true },
            Mounts = { new Mount { Destination = "/proc", Type = "proc", Source = "proc", Options = { "nosuid", "noexec", "nodev" } } },
            Linux = new Protocol.Agent.Linux
            {
                MaskedPaths = { "/proc/kcore" },
                ReadonlyPaths = { "/proc/sys" },
                Resources = new LinuxResources
                {
                    CPU = new LinuxCPU { Shares = 1024 },
                    Memory = new LinuxMemory { Limit = 64 << 20 },
                    Pids = new LinuxPids { Limit = 64 },
                },
            },
        },
    };
}

using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The warm-up container of a guest, run before the guest is saved or waits, so that the first real container finds the one-time work done: in a
/// template, types initialised, calls bound and the kernel's caches filled; in a waiting VM, also code translated or in the processor's caches.
/// </summary>
internal static class Rehearsal
{
    private const string Id = "rehearsal";
    private const uint LongestReadMs = 10_000;

    /// <summary>The requests to the agent, one after the other; after the last answer the guest is ready.</summary>
    /// <param name="config">The guest's VM. One for the pool first gets its own identity, mounts the share, which stays mounted, and runs a program
    /// from it; one to be saved cannot.</param>
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
            // Without an id: the sandbox that takes the VM over sets it.
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

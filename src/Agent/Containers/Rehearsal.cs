using Google.Protobuf;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>
/// The container that a guest runs for nobody, so that the first one of its sandbox finds done what happens only once: types initialised, calls
/// bound, the kernel's caches filled, and, in a VM that then waits for its use, the code translated or in the processor's caches.
/// </summary>
internal static class Rehearsal
{
    /// <summary>The agent's argument that makes it the program of this container: it ends at once.</summary>
    internal const string Verb = "rehearse";

    private const string Program = "/proc/self/exe";
    private const string Id = "rehearsal";
    private const uint LongestWaitMs = 10_000;

    /// <summary>The request as it would come from a host.</summary>
    internal static CreateContainerRequest Request()
    {
        var request = new CreateContainerRequest
        {
            ContainerId = Id,
            ExecId = Id,
            OCI = new Spec
            {
                Process = new Process
                {
                    Args = { Program, Verb },
                    Env = { "PATH=/bin" },
                    Cwd = "/",
                    User = new User(),
                    Capabilities = new LinuxCapabilities { Bounding = { "CAP_KILL" }, Effective = { "CAP_KILL" }, Permitted = { "CAP_KILL" } },
                    Rlimits = { new POSIXRlimit { Type = "RLIMIT_NOFILE", Soft = 1024, Hard = 1024 } },
                    NoNewPrivileges = true,
                },
                Root = new Root { Path = "/", Readonly = true },
                Mounts =
                {
                    new Mount { Destination = "/proc", Type = "proc", Source = "proc", Options = { "nosuid", "noexec", "nodev" } },
                    new Mount { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = { "nosuid", "strictatime", "mode=755", "size=65536k" } },
                },
                Linux = new Protocol.Agent.Linux { MaskedPaths = { "/proc/kcore" }, ReadonlyPaths = { "/proc/sys" } },
            },
        };
        return CreateContainerRequest.Parser.ParseFrom(request.ToByteArray());
    }

    /// <summary>Lets a created container live to its end.</summary>
    internal static async Task PlayAsync(Container container, CancellationToken cancellation)
    {
        await container.StartAsync(cancellation).ConfigureAwait(false);
        foreach (var stream in new[] { container.Stdout, container.Stderr })
        {
            _ = await stream.ReadAsync(new ReadStreamRequest { Offset = 0, WaitMs = LongestWaitMs }, cancellation).ConfigureAwait(false);
        }

        if (await container.WaitAsync(cancellation).ConfigureAwait(false) is not 0 and var code)
        {
            throw Failures.Internal($"the rehearsal ended with {code}");
        }
    }
}

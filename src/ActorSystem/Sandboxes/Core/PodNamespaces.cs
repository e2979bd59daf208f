using System.Globalization;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// The namespaces that a container of a pod names by path. CRI and podman name those of a container of the pod, as <c>/proc/PID/ns/KIND</c> with the pid of
/// its stand-in, which is in the host's own namespaces: only the pid tells which container is meant. A path of another form, such as a pinned namespace,
/// stands for the sandbox's.
/// </summary>
internal static class PodNamespaces
{
    /// <summary>The container whose pid namespace a new one shares; null when the new one gets its own.</summary>
    public static string? PidOwner(RuntimeSpec spec, SandboxRecord sandbox) =>
        Named(spec).FirstOrDefault(entry => entry.Type == "pid") is { } entry ? Owner(entry, sandbox) : null;

    /// <summary>Why the new container cannot have the namespaces; null when it can.</summary>
    public static string? Refuse(RuntimeSpec spec, SandboxRecord sandbox)
    {
        foreach (var entry in Named(spec).Where(entry => entry.Type != "network"))
        {
            if (Owner(entry, sandbox) is not { } owner)
            {
                return $"its {entry.Type} namespace \"{entry.Path}\" is that of no container of sandbox \"{sandbox.Key.Id}\"";
            }

            if (entry.Type == "pid" && sandbox.Containers.GetValueOrDefault(owner) is not { Status: ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused })
            {
                return $"the pid namespace of container \"{owner}\" has ended with it";
            }
        }

        return null;
    }

    private static IEnumerable<NamespaceSpec> Named(RuntimeSpec spec) => spec.Linux!.Namespaces.Where(entry => !string.IsNullOrEmpty(entry.Path));

    // The latest stand-in of that pid: a stopped container's may have been used again.
    private static string? Owner(NamespaceSpec entry, SandboxRecord sandbox) => entry.Path!.Split('/') is ["", "proc", var process, "ns", _]
        ? sandbox.Containers.Values.Where(container => process == container.StandIn.Pid.ToString(CultureInfo.InvariantCulture))
            .MaxBy(container => container.StandIn.StartTime)?.Key.Id
        : sandbox.Key.Id;
}

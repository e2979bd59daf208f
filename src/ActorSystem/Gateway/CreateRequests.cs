using System.Collections.Immutable;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Gateway;

/// <summary>Turns a create request into the command.</summary>
internal static class CreateRequests
{
    private const int RequestIdBytes = 16;

    /// <summary>The command; its descriptors are in the table.</summary>
    /// <exception cref="TtrpcException">The request is wrong; no descriptor of it stays open.</exception>
    public static SandboxCommands.CreateContainer Read(CreateRequest request, TtrpcCallContext call, DescriptorTable descriptors)
    {
        var key = Requests.Key(request.Container);
        Requests.CheckPath("bundle", request.Bundle);
        if (request.RequestId.Length is not (0 or RequestIdBytes))
        {
            throw Requests.Invalid($"create of \"{key}\" has a request id of {request.RequestId.Length} bytes, not {RequestIdBytes}");
        }

        if (!SpecParser.TryParse(request.Spec.Memory, out var spec, out var error)
            || !ContainerPlacement.TryResolve(spec, ContainerId.Parse(key.Id), out var placement, out error))
        {
            throw Requests.Refusal(error);
        }

        var filter = SeccompFilters.Compile(spec.Linux?.Seccomp);
        return new SandboxCommands.CreateContainer(
            key,
            spec,
            placement,
            request.Spec.Memory,
            request.Bundle,
            Requests.StandIn("create", key, request.StandIn),
            descriptors.Add(Collect(request.Descriptors, spec, call)),
            request.OwnerUid)
        {
            RequestId = request.RequestId,
            Filter = filter,
            SharedMemoryBytes = (long)Math.Min(request.SharedMemoryBytes, long.MaxValue),
        };
    }

    private static DescriptorSet Collect(IReadOnlyList<CarriedDescriptor> roles, RuntimeSpec spec, TtrpcCallContext call)
    {
        if (roles.Count != call.DescriptorCount)
        {
            throw Requests.Invalid($"request names {roles.Count} descriptors and carries {call.DescriptorCount}");
        }

        // Descriptors left in the call are closed with the call; those already taken are closed here when a later one is wrong.
        SafeFileHandle? rootfs = null, network = null;
        var sources = ImmutableDictionary.CreateBuilder<int, SafeFileHandle>();
        try
        {
            for (var i = 0; i < roles.Count; i++)
            {
                switch (roles[i].Role)
                {
                    case CarriedDescriptor.Types.Role.Rootfs when rootfs is null:
                        rootfs = call.TakeDescriptor(i);
                        break;
                    case CarriedDescriptor.Types.Role.NetworkNamespace when network is null:
                        network = call.TakeDescriptor(i);
                        break;
                    case CarriedDescriptor.Types.Role.BindSource
                        when roles[i].MountIndex < spec.Mounts.Count && !sources.ContainsKey((int)roles[i].MountIndex):
                        sources.Add((int)roles[i].MountIndex, call.TakeDescriptor(i));
                        break;
                    default:
                        throw Requests.Invalid($"descriptor {i} has role {roles[i].Role} (mount {roles[i].MountIndex}), which is unknown or given twice");
                }
            }

            if (rootfs is null)
            {
                throw Requests.Invalid("request carries no root filesystem");
            }

            return new DescriptorSet(rootfs, sources.ToImmutable(), network);
        }
        catch
        {
            new DescriptorSet(rootfs, sources.ToImmutable(), network).Dispose();
            throw;
        }
    }
}

using KataActors.Hypervisor;

namespace KataActors.Runtime.Factory;

/// <summary>Messages of the <see cref="FactoryActor"/>.</summary>
internal static class FactoryProtocol
{
    /// <summary>A VM is wanted. Replies <see cref="VmGranted"/> or a <see cref="Failure"/>.</summary>
    /// <param name="Identity">Name, uuid and run directory of the sandbox.</param>
    /// <param name="Vcpus">vCPUs wanted.</param>
    /// <param name="MemoryMib">Memory wanted, in MiB.</param>
    public sealed record RequestVm(VmIdentity Identity, uint Vcpus, uint MemoryMib);

    /// <summary>How the sandbox gets its VM.</summary>
    /// <param name="Source">cold, template or pool.</param>
    /// <param name="Config">What to launch.</param>
    public sealed record VmGranted(string Source, VmConfig Config);
}

/// <summary>What makes one VM different from every other.</summary>
internal sealed record VmIdentity(string HostName, Guid Uuid, string RunDirectory);

using System.Collections.Immutable;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The limits of a sandbox's host cgroups, except the CPU limit, computed from the limits of its containers.</summary>
internal static class HostLimits
{
    private const long DefaultShares = 1024;
    private const long Mib = 1024 * 1024;

    /// <summary>Upper bound of QEMU's cache of translated code under emulation, in MiB.</summary>
    private const uint TranslationMib = 1024;

    /// <summary>
    /// Sums and unions over all containers but the stopped ones. If one of them has no limit, the sandbox has none. The memory limit follows the VM,
    /// whose size does not depend on the containers.
    /// </summary>
    public static ResourceLimits Of(SandboxRecord record, CgroupDefaults defaults)
    {
        var containers = CpuLimits.Counted(record).Select(container => container.Spec.Linux?.Resources ?? new ResourcesSpec()).ToImmutableArray();
        return new ResourceLimits
        {
            CpuShares = Shares(containers),
            Cpus = Union(containers, cpu => cpu.Cpus),
            MemoryNodes = Union(containers, cpu => cpu.Mems),
            GuestMemoryBytes = record.MemoryMib * Mib,
            MemoryBytes = All(containers, container => container.Memory?.Limit > 0) ? (record.MemoryMib + Overhead(record, defaults)) * Mib : null,
            Threads = All(containers, container => container.Pids?.Limit > 0)
                ? containers.Aggregate((long)defaults.ThreadsOverhead, (sum, container) => Add(sum, container.Pids!.Limit!.Value))
                : null,
        };
    }

    private static long? Shares(ImmutableArray<ResourcesSpec> containers) => containers.Any(container => container.Cpu?.Shares > 0)
        ? containers.Sum(container => container.Cpu?.Shares > 0 ? container.Cpu.Shares.Value : DefaultShares)
        : null;

    private static CpuList Union(ImmutableArray<ResourcesSpec> containers, Func<CpuSpec, string?> text)
    {
        var lists = containers.Select(container => CpuList.TryParse((container.Cpu is { } cpu ? text(cpu) : null) ?? "", out var list) ? list : CpuList.Empty).ToList();
        return lists.Any(list => list.IsEmpty) ? CpuList.Empty : lists.Aggregate(CpuList.Empty, (all, list) => all.With(list));
    }

    private static uint Overhead(SandboxRecord record, CgroupDefaults defaults) =>
        defaults.MemoryOverheadMib + (record.Accelerator == "tcg" ? TranslationMib : 0);

    private static bool All(ImmutableArray<ResourcesSpec> containers, Func<ResourcesSpec, bool> limited) => containers.Length > 0 && containers.All(limited);

    private static long Add(long first, long second) => first > long.MaxValue - second ? long.MaxValue : first + second;
}

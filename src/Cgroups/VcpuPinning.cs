using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>Gives each vCPU a CPU of its own.</summary>
internal static class VcpuPinning
{
    /// <summary>
    /// When the requested cpuset has as many CPUs as there are vCPUs, pins them one to one in ascending order; else lets each vCPU run on all CPUs
    /// of its group, which undoes an earlier pinning.
    /// </summary>
    internal static void Apply(ICgroupFileSystem files, ImmutableArray<int> vcpuTids, CpuList cpus, CpuList allowed)
    {
        var pinned = cpus.Numbers.Count == vcpuTids.Length;
        foreach (var (tid, index) in vcpuTids.Select((tid, index) => (tid, index)))
        {
            try
            {
                files.SetAffinity(tid, pinned ? [cpus.Numbers[index]] : allowed.Numbers);
            }
            catch (LinuxException failure) when (failure.Errno == Errno.ESRCH)
            {
                // The thread has just ended.
            }
        }
    }
}

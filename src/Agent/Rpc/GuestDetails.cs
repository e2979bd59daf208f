using System.Globalization;
using KataActors.Agent.Boot;
using KataActors.Agent.Containers;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Rpc;

/// <summary>The guest's answer about itself.</summary>
internal static class GuestDetails
{
    private const string Mappings = "/proc/self/smaps_rollup";
    private const string MemoryFolder = "/sys/devices/system/memory";

    internal static GuestDetailsResponse Read(GuestDetailsRequest request)
    {
        var response = new GuestDetailsResponse
        {
            AgentDetails = new AgentDetails { Version = AgentVersion.Own, InitDaemon = Environment.ProcessId == 1, SupportsSeccomp = true },
            KernelRelease = KernelFiles.Read("/proc/sys/kernel/osrelease").Trim(),
            AgentRssKib = KernelFiles.Exists(Mappings) ? ResidentKib(KernelFiles.Read(Mappings)) : 0,
            MachineId = MachineId.Read(),
        };
        response.AgentDetails.StorageHandlers.AddRange(StorageMounts.Drivers);
        if (request.MemBlockSize && KernelFiles.Exists($"{MemoryFolder}/block_size_bytes"))
        {
            response.MemBlockSizeBytes = ulong.Parse(KernelFiles.Read($"{MemoryFolder}/block_size_bytes").Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        if (request.MemHotplugProbe)
        {
            response.SupportMemHotplugProbe = KernelFiles.Exists($"{MemoryFolder}/probe");
        }

        return response;
    }

    /// <summary>
    /// The resident set by proc_pid_smaps(5), in KiB; 0 when it is not available. It is the sum of the mappings; the figure of proc_pid_status(5) is counted
    /// in batches and may be a megabyte too low.
    /// </summary>
    internal static ulong ResidentKib(string rollup)
    {
        const string Field = "Rss:";
        foreach (var line in rollup.Split('\n'))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal))
            {
                return ulong.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }
}

using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The <c>linux.resources</c> section.</summary>
internal static class ResourcesValidator
{
    private const long DefaultPeriodUs = 100_000;
    private const long MinPeriodUs = 1_000;
    private const long MaxPeriodUs = 1_000_000;
    private const long MinQuotaUs = 1_000;
    private const long MaxCpus = 8_192;
    private const long MaxShares = 262_144;
    private const int MaxFileBytes = 4_000;
    private const long MinMemoryBytes = 1024 * 1024;

    public static void Validate(ResourcesSpec? resources)
    {
        if (resources is null)
        {
            return;
        }

        CheckCpu(resources.Cpu);
        CheckMemory(resources.Memory);
        if (resources.Pids?.Limit < -1)
        {
            throw SpecException.Invalid("linux.resources.pids.limit", $"{resources.Pids.Limit} is negative (only -1, no limit, may be)");
        }

        DeviceRuleValidator.Validate(resources.Devices);
        CheckUnified(resources.Unified);
        CheckEntries("blockIO.weightDevice", resources.BlockIO?.WeightDevice, "weight", "leafWeight");
        CheckEntries("rdma", resources.Rdma, "hcaHandles", "hcaObjects");
        RefuseIfSet("blockIO.throttleReadBpsDevice", resources.BlockIO?.ThrottleReadBpsDevice);
        RefuseIfSet("blockIO.throttleWriteBpsDevice", resources.BlockIO?.ThrottleWriteBpsDevice);
        RefuseIfSet("blockIO.throttleReadIOPSDevice", resources.BlockIO?.ThrottleReadIOPSDevice);
        RefuseIfSet("blockIO.throttleWriteIOPSDevice", resources.BlockIO?.ThrottleWriteIOPSDevice);
    }

    private static void CheckCpu(CpuSpec? cpu)
    {
        if (cpu is null)
        {
            return;
        }

        CheckRange("cpu.shares", cpu.Shares, 2, MaxShares, "");
        CheckRange("cpu.period", cpu.Period, MinPeriodUs, MaxPeriodUs, " µs");
        if (cpu.Quota > 0)
        {
            CheckRange("cpu.quota", cpu.Quota, MinQuotaUs, (cpu.Period is > 0 and var period ? period : DefaultPeriodUs) * MaxCpus, " µs");
        }

        if (cpu.Burst is not null)
        {
            CheckRange("cpu.burst", cpu.Burst, 0, cpu.Quota is > 0 and var quota ? quota : MaxPeriodUs * MaxCpus, " µs");
        }

        CheckRange("cpu.idle", cpu.Idle, 0, 1, "");
        NumberList.Check("linux.resources.cpu.cpus", cpu.Cpus);
        NumberList.Check("linux.resources.cpu.mems", cpu.Mems);
    }

    private static void CheckUnified(IReadOnlyDictionary<string, string> files)
    {
        SpecValidator.CheckBound("linux.resources.unified", files.Count);
        foreach (var (file, value) in files)
        {
            var parts = file.Split('.');
            if (parts.Length < 2 || parts[0] == "cgroup" || parts.Any(part => part.Length == 0 || !part.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')))
            {
                throw SpecException.Invalid("linux.resources.unified", $"{Quoted.Text(file)} is not the name of a controller's file");
            }

            if (value is null || value.Length > MaxFileBytes)
            {
                throw SpecException.Invalid("linux.resources.unified", $"the value of {Quoted.Text(file)} {(value is null ? "is missing" : $"has more than {MaxFileBytes} characters")}");
            }
        }
    }

    private static void CheckMemory(MemorySpec? memory)
    {
        if (memory is null)
        {
            return;
        }

        CheckBytes("limit", memory.Limit);
        CheckBytes("reservation", memory.Reservation);
        CheckBytes("swap", memory.Swap);
        if (memory is { Limit: > 0, Swap: > 0 } && memory.Swap < memory.Limit)
        {
            throw SpecException.Invalid("linux.resources.memory.swap", $"{memory.Swap} is below the memory limit {memory.Limit}");
        }

        if (memory.Swappiness is < 0 or > 100)
        {
            throw SpecException.Invalid("linux.resources.memory.swappiness", $"{memory.Swappiness} is out of range: 0 to 100 is allowed");
        }
    }

    private static void CheckBytes(string name, long? value)
    {
        if (value is < -1 or (> 0 and < MinMemoryBytes))
        {
            throw SpecException.Invalid($"linux.resources.memory.{name}", value < 0
                ? $"{value} is negative (only -1, no limit, may be)"
                : $"{value} is too small: at least {MinMemoryBytes} bytes are needed");
        }
    }

    private static void CheckRange(string name, long? value, long min, long max, string unit)
    {
        if (value is not (null or 0) && (value < min || value > max))
        {
            throw SpecException.Invalid($"linux.resources.{name}", $"{value} is out of range: {min} to {max}{unit} is allowed");
        }
    }

    // What the guest has no devices for is ignored, but must be as the specification wants it: each entry of a list or a map has one of two fields.
    private static void CheckEntries(string name, JsonElement? section, string first, string second)
    {
        if (section is not { } entries || !JsonValue.Entries(entries).Any(entry => !JsonValue.Has(entry, first) && !JsonValue.Has(entry, second)))
        {
            return;
        }

        throw SpecException.Invalid($"linux.resources.{name}", $"has an entry with neither {first} nor {second}");
    }

    private static void RefuseIfSet(string name, JsonElement? value)
    {
        if (JsonValue.SetsSomething(value))
        {
            throw SpecException.Unsupported($"linux.resources.{name}", "names disks of the host, which a guest does not have");
        }
    }
}

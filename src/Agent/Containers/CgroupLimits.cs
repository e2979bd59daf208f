using System.Globalization;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>Turns the limits of a runtime spec, which are written for cgroup v1, into files and values of cgroup v2.</summary>
internal static class CgroupLimits
{
    private const ulong DefaultPeriod = 100_000;
    private const string Unlimited = "max";
    private const string Weights = "cpu.weight";

    // Written before all others: they restrict which values those may have.
    private static readonly (string File, string Value)[] s_first = [("cpu.max.burst", "0"), ("cpu.idle", "0")];

    /// <summary>The value of each file without a limit.</summary>
    private static readonly (string File, string Value)[] s_unlimited =
        [(Weights, "100"), ("cpu.max", $"{Unlimited} {DefaultPeriod}"), ("memory.max", Unlimited), ("memory.low", "0"), ("memory.swap.max", Unlimited), ("pids.max", Unlimited)];

    /// <summary>As <see cref="From"/>, but lifts every limit that is not given.</summary>
    internal static IEnumerable<(string File, string Value)> Whole(LinuxResources? resources)
    {
        var given = From(resources).ToArray();
        var isIdle = IsIdle(resources?.CPU);
        return
        [
            .. s_first,
            .. given,
            .. s_unlimited.Where(unlimited => given.All(limit => limit.File != unlimited.File) && !(isIdle && unlimited.File == Weights)),
        ];
    }

    /// <summary>The files and values of the limits, but for <c>unified</c>, which names its files itself.</summary>
    internal static IEnumerable<(string File, string Value)> From(LinuxResources? resources)
    {
        if (resources is null)
        {
            return [];
        }

        return [.. Cpu(resources.CPU), .. Memory(resources.Memory), .. Pids(resources.Pids)];
    }

    /// <summary>cpu.weight (1 to 10000) for cpu.shares (2 to 262144), as every runtime converts it.</summary>
    internal static ulong Weight(ulong shares) => 1 + ((Math.Clamp(shares, 2, 262_144) - 2) * 9999 / 262_142);

    private static IEnumerable<(string, string)> Cpu(LinuxCPU? cpu)
    {
        if (cpu is null)
        {
            yield break;
        }

        if (cpu is { HasIdle: true, Idle: 0 })
        {
            yield return ("cpu.idle", "0");
        }

        // An idle group has no weight of its own.
        if (cpu.Shares > 0 && !IsIdle(cpu))
        {
            yield return (Weights, Text(Weight(cpu.Shares)));
        }

        if (cpu.Quota != 0 || cpu.Period != 0)
        {
            var period = cpu.Period == 0 ? DefaultPeriod : cpu.Period;
            yield return ("cpu.max", $"{(cpu.Quota > 0 ? Text(cpu.Quota) : Unlimited)} {Text(period)}");
        }

        if (cpu.Burst > 0)
        {
            yield return ("cpu.max.burst", Text(cpu.Burst));
        }

        if (IsIdle(cpu))
        {
            yield return ("cpu.idle", "1");
        }
    }

    private static bool IsIdle(LinuxCPU? cpu) => cpu is { HasIdle: true, Idle: not 0 };

    private static IEnumerable<(string, string)> Memory(LinuxMemory? memory)
    {
        if (memory is null)
        {
            yield break;
        }

        if (memory.Limit != 0)
        {
            yield return ("memory.max", Bytes(memory.Limit));
        }

        if (memory.Reservation != 0)
        {
            yield return ("memory.low", Bytes(memory.Reservation));
        }

        // The spec's swap limit counts memory and swap together, cgroup v2's counts swap alone.
        if (memory.Swap < 0)
        {
            yield return ("memory.swap.max", Unlimited);
        }
        else if (memory.Swap > 0 && memory.Limit > 0)
        {
            yield return ("memory.swap.max", memory.Swap >= memory.Limit
                ? Text(memory.Swap - memory.Limit)
                : throw Failures.Invalid($"linux.resources.memory.swap {memory.Swap} is below the memory limit {memory.Limit}"));
        }
    }

    private static IEnumerable<(string, string)> Pids(LinuxPids? pids)
    {
        if (pids is { Limit: not 0 })
        {
            yield return ("pids.max", Bytes(pids.Limit));
        }
    }

    private static string Bytes(long limit) => limit < 0 ? Unlimited : Text(limit);

    private static string Text<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}

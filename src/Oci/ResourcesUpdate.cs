using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>A change of a container's limits: a <c>linux.resources</c> document in which missing and zero members leave their limits unchanged.</summary>
public static class ResourcesUpdate
{
    /// <summary>The largest document accepted, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const string Document = "resources";

    /// <summary>Reads a document; exactly one of <paramref name="change"/> and <paramref name="error"/> is set. It is checked when it is applied.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ResourcesSpec? change, [NotNullWhen(false)] out SpecError? error)
    {
        (change, error) = (null, null);
        try
        {
            change = SpecJson.Read(json.Span, SpecJsonContext.Default.ResourcesSpec, MaxBytes);
            return true;
        }
        catch (SpecException exception)
        {
            error = exception.ErrorIn(Document);
            return false;
        }
    }

    /// <summary>The limits after the change, checked as those of a specification are.</summary>
    public static bool TryApply(
        ResourcesSpec? before, ResourcesSpec change, [NotNullWhen(true)] out ResourcesSpec? after, [NotNullWhen(false)] out SpecError? error)
    {
        (after, error) = (null, null);
        try
        {
            var merged = Merge(before ?? new ResourcesSpec(), change);
            ResourcesValidator.Validate(merged);
            after = merged;
            return true;
        }
        catch (SpecException exception)
        {
            error = exception.ErrorIn(Document);
            return false;
        }
    }

    /// <summary>The document of a change.</summary>
    public static byte[] Write(ResourcesSpec resources) => JsonSerializer.SerializeToUtf8Bytes(resources, SpecJsonContext.Default.ResourcesSpec);

    private static ResourcesSpec Merge(ResourcesSpec before, ResourcesSpec change) => change with
    {
        Cpu = Merge(before.Cpu ?? new CpuSpec(), change.Cpu ?? new CpuSpec()),
        Memory = Merge(before.Memory ?? new MemorySpec(), change.Memory ?? new MemorySpec()),
        Pids = new PidsSpec { Limit = Either(change.Pids?.Limit, before.Pids?.Limit) },
        Devices = before.Devices,
        Unified = new Dictionary<string, string>(before.Unified.Concat(change.Unified).GroupBy(entry => entry.Key)
            .Select(entries => entries.Last())),
    };

    private static CpuSpec Merge(CpuSpec before, CpuSpec change) => change with
    {
        Shares = Either(change.Shares, before.Shares),
        Quota = Either(change.Quota, before.Quota),
        Period = Either(change.Period, before.Period),
        Burst = Either(change.Burst, before.Burst),
        Idle = change.Idle ?? before.Idle,
        Cpus = string.IsNullOrEmpty(change.Cpus) ? before.Cpus : change.Cpus,
        Mems = string.IsNullOrEmpty(change.Mems) ? before.Mems : change.Mems,
    };

    private static MemorySpec Merge(MemorySpec before, MemorySpec change) => change with
    {
        Limit = Either(change.Limit, before.Limit),
        Reservation = Either(change.Reservation, before.Reservation),
        Swap = Either(change.Swap, before.Swap),
        Swappiness = change.Swappiness ?? before.Swappiness,
        CheckBeforeUpdate = change.CheckBeforeUpdate ?? before.CheckBeforeUpdate,
    };

    private static long? Either(long? change, long? before) => change is null or 0 ? (before is 0 ? null : before) : change;
}

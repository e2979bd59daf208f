using System.Collections.Concurrent;

namespace KataActors.Runtime;

/// <summary>
/// Holds the descriptors of requests until their actor takes them. A set that is not taken within <see cref="Lifetime"/>
/// is closed by the next <see cref="Add"/>, so a lost message leaks no descriptor.
/// </summary>
public sealed class DescriptorTable(TimeProvider clock) : IDisposable
{
    /// <summary>The time after which a set that was not taken may be closed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<long, Entry> _entries = new();
    private long _last;

    /// <summary>Number of sets that were not taken yet.</summary>
    public int Count => _entries.Count;

    /// <summary>Takes ownership of the set.</summary>
    public DescriptorLease Add(DescriptorSet descriptors)
    {
        CloseExpired();
        var number = Interlocked.Increment(ref _last);
        _entries[number] = new Entry(descriptors, clock.GetTimestamp());
        return new DescriptorLease(number);
    }

    /// <summary>Hands the set over to the caller, who disposes it; null when it was taken or has expired.</summary>
    public DescriptorSet? Take(DescriptorLease lease) =>
        _entries.TryRemove(lease.Number, out var entry) ? entry.Descriptors : null;

    /// <summary>Closes the set if it was not taken.</summary>
    public void Release(DescriptorLease lease) => Take(lease)?.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var number in _entries.Keys)
        {
            Release(new DescriptorLease(number));
        }
    }

    private void CloseExpired()
    {
        foreach (var (number, entry) in _entries)
        {
            if (clock.GetElapsedTime(entry.Since) > Lifetime)
            {
                Release(new DescriptorLease(number));
            }
        }
    }

    private sealed record Entry(DescriptorSet Descriptors, long Since);
}

namespace KataActors.Runtime.Sandboxes;

/// <summary>Values grouped by a key. An empty group takes no memory.</summary>
internal sealed class GroupedKeys<TKey, TValue>
    where TKey : notnull
{
    private static readonly HashSet<TValue> s_none = [];

    private readonly Dictionary<TKey, HashSet<TValue>> _groups = [];

    /// <summary>The values of a key, in no order.</summary>
    public IReadOnlyCollection<TValue> this[TKey key] => _groups.GetValueOrDefault(key, s_none);

    /// <summary>Adds a value, unless present.</summary>
    public void Add(TKey key, TValue value)
    {
        if (!_groups.TryGetValue(key, out var group))
        {
            _groups[key] = group = [];
        }

        group.Add(value);
    }

    /// <summary>Removes a value, if present.</summary>
    public void Remove(TKey key, TValue value)
    {
        if (_groups.TryGetValue(key, out var group) && group.Remove(value) && group.Count == 0)
        {
            _groups.Remove(key);
        }
    }
}

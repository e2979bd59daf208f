using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KataActors.Model;

/// <summary>A set of CPUs or memory nodes in the list format of cpuset(7), such as <c>0-2,7</c>.</summary>
public sealed class CpuList : IEquatable<CpuList>
{
    private const int Largest = 8191;

    private CpuList(ImmutableSortedSet<int> numbers) => Numbers = numbers;

    /// <summary>The empty set.</summary>
    public static CpuList Empty { get; } = new([]);

    /// <summary>The numbers, in ascending order.</summary>
    public ImmutableSortedSet<int> Numbers { get; }

    /// <summary>Whether the set is empty.</summary>
    public bool IsEmpty => Numbers.IsEmpty;

    /// <summary>Reads the list format. False when the text is malformed.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CpuList? list)
    {
        list = null;
        var numbers = ImmutableSortedSet.CreateBuilder<int>();
        foreach (var range in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Trim().Split('-');
            if (ends.Length > 2 || Number(ends[0]) is not { } first || Number(ends[^1]) is not { } last || first > last)
            {
                return false;
            }

            numbers.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        list = new CpuList(numbers.ToImmutable());
        return true;
    }

    /// <summary>The union.</summary>
    public CpuList With(CpuList other) => new(Numbers.Union(other.Numbers));

    /// <summary>Whether it is a subset of the other.</summary>
    public bool IsWithin(CpuList other) => Numbers.IsSubsetOf(other.Numbers);

    /// <inheritdoc/>
    public bool Equals(CpuList? other) => other is not null && Numbers.SetEquals(other.Numbers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CpuList);

    /// <inheritdoc/>
    public override int GetHashCode() => Numbers.Aggregate(0, HashCode.Combine);

    /// <summary>The list format, shortest form.</summary>
    public override string ToString()
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var number in Numbers)
        {
            if (ranges.Count > 0 && ranges[^1].Last == number - 1)
            {
                ranges[^1] = ranges[^1] with { Last = number };
            }
            else
            {
                ranges.Add((number, number));
            }
        }

        return string.Join(',', ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}"));
    }

    /// <summary>Reads the list format, as the kernel writes it.</summary>
    /// <exception cref="FormatException">The text is malformed.</exception>
    public static CpuList Parse(string text) => TryParse(text, out var list) ? list : throw new FormatException($"\"{text}\" is no list of CPUs");

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Largest ? number : null;
}

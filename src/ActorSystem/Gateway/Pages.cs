using Google.Protobuf;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Gateway;

/// <summary>Cuts lists into pages that fit into a frame, in the order of ids, and then of roots.</summary>
internal static class Pages
{
    private const int MostBytes = 1024 * 1024;
    private const char Separator = ' ';

    /// <summary>The entries of one page, and the token of the next one; empty when there is none.</summary>
    /// <param name="all">All entries.</param>
    /// <param name="key">The key of the order.</param>
    /// <param name="show">Turns an entry into its protocol message.</param>
    /// <param name="token">The start of the page; empty: the first entry.</param>
    /// <param name="size">Most entries; 0: all.</param>
    /// <exception cref="TtrpcException">InvalidArgument: the token is malformed.</exception>
    public static (IReadOnlyList<TShown> Entries, string Next) Cut<TSnapshot, TShown>(
        IEnumerable<TSnapshot> all, Func<TSnapshot, ContainerKey> key, Func<TSnapshot, TShown> show, string token, uint size)
        where TShown : IMessage
    {
        var after = token.Length == 0 ? default(ContainerKey?) : Read(token);
        var rest = all
            .Where(snapshot => after is not { } last || Compare(key(snapshot), last) > 0)
            .Order(Comparer<TSnapshot>.Create((a, b) => Compare(key(a), key(b))));
        var entries = new List<TShown>();
        var (bytes, end) = (0, default(ContainerKey));
        foreach (var snapshot in rest)
        {
            var entry = show(snapshot);
            bytes += entry.CalculateSize();
            if (size != 0 && entries.Count > 0 && (entries.Count == size || bytes > MostBytes))
            {
                return (entries, $"{end.Id}{Separator}{end.Root}");
            }

            entries.Add(entry);
            end = key(snapshot);
        }

        return (entries, "");
    }

    // Ids have no space.
    private static ContainerKey Read(string token) => token.IndexOf(Separator) is var at and > 0
        ? new ContainerKey(token[(at + 1)..], token[..at])
        : throw Requests.Invalid("the page token is none of this daemon");

    private static int Compare(ContainerKey a, ContainerKey b) =>
        string.CompareOrdinal(a.Id, b.Id) is var order and not 0 ? order : string.CompareOrdinal(a.Root, b.Root);
}

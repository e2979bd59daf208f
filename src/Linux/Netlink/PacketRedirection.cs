using System.Runtime.InteropServices;
using System.Text;

namespace KataActors.Linux.Netlink;

/// <summary>
/// Sends every packet that comes in by one interface out of another one, before the host's own network sees it: the ingress qdisc of tc(8), with a u32 filter
/// that matches all and a mirred action. The action carries a mark of 16 bytes, by which its maker knows it again.
/// </summary>
public static class PacketRedirection
{
    private const string Ingress = "ingress";

    // The first action of a list.
    private const ushort First = 1;
    private const uint HighestPriority = 1 << 16;

    /// <summary>Redirects the packets of an interface. EEXIST: it has an ingress qdisc already.</summary>
    /// <param name="socket">A socket of the namespace of both.</param>
    /// <param name="from">Where the packets come in.</param>
    /// <param name="to">Where they go out.</param>
    /// <param name="mark">The mark.</param>
    /// <exception cref="LinuxException">The kernel refuses; nothing is changed then, or <see cref="Remove"/> undoes it.</exception>
    public static void Add(NetlinkSocket socket, int from, int to, Guid mark)
    {
        var qdisc = new TrafficHead { Link = from, Handle = NetlinkNumbers.IngressHandle, Parent = NetlinkNumbers.IngressParent };
        socket.Request(
            NetlinkMessage.Of(NetlinkNumbers.NewQdisc, NetlinkNumbers.Create | NetlinkNumbers.Exclusive, qdisc).Add(NetlinkNumbers.Kind, Ingress),
            "add ingress qdisc to interface",
            $"{from}");
        try
        {
            AddFilter(socket, from, to, mark);
        }
        catch (LinuxException)
        {
            RemoveQdisc(socket, from);
            throw;
        }
    }

    /// <summary>Whether the interface's packets are redirected by an action with this mark.</summary>
    public static bool Has(NetlinkSocket socket, int from, Guid mark) => Filters(socket, from).Exists(message => IsMarked(message, mark));

    /// <summary>Ends the redirection with this mark, if there is one. Returns whether there was.</summary>
    public static bool Remove(NetlinkSocket socket, int from, Guid mark)
    {
        var has = Has(socket, from, mark);
        if (has)
        {
            RemoveQdisc(socket, from);
        }

        return has;
    }

    /// <summary>The interfaces that have an ingress qdisc, or one of the kind <c>clsact</c> in its place.</summary>
    public static HashSet<int> Occupied(NetlinkSocket socket) => [.. Qdiscs(socket).Select(qdisc => qdisc.Link)];

    /// <summary>Removes the ingress qdisc of an interface if it has no filter: <see cref="Add"/> was interrupted.</summary>
    public static void RemoveUnfiltered(NetlinkSocket socket, int from)
    {
        if (Qdiscs(socket).Contains((from, Ingress)) && Filters(socket, from).Count == 0)
        {
            RemoveQdisc(socket, from);
        }
    }

    private static IEnumerable<(int Link, string Kind)> Qdiscs(NetlinkSocket socket)
    {
        foreach (var message in socket.Dump(NetlinkMessage.Of(NetlinkNumbers.GetQdisc, 0, default(TrafficHead)), "list qdiscs"))
        {
            var head = MemoryMarshal.Read<TrafficHead>(message);
            if (head.Parent == NetlinkNumbers.IngressParent)
            {
                yield return (head.Link, KindOf(message));
            }
        }
    }

    private static unsafe string KindOf(byte[] message) =>
        Encoding.UTF8.GetString(NetlinkAttributes.Find(message.AsSpan(sizeof(TrafficHead)), NetlinkNumbers.Kind)).TrimEnd('\0');

    private static List<byte[]> Filters(NetlinkSocket socket, int from) =>
        socket.Dump(NetlinkMessage.Of(NetlinkNumbers.GetFilter, 0, new TrafficHead { Link = from, Parent = NetlinkNumbers.IngressHandle }), "list filters");

    private static void RemoveQdisc(NetlinkSocket socket, int from) => socket.Request(
        NetlinkMessage.Of(NetlinkNumbers.DeleteQdisc, 0, new TrafficHead { Link = from, Handle = NetlinkNumbers.IngressHandle, Parent = NetlinkNumbers.IngressParent }),
        "remove ingress qdisc of interface",
        $"{from}");

    private static void AddFilter(NetlinkSocket socket, int from, int to, Guid mark)
    {
        var head = new TrafficHead { Link = from, Parent = NetlinkNumbers.IngressHandle, Information = HighestPriority | NetlinkNumbers.EveryProtocol };
        var redirect = new MirredParameters { Action = NetlinkNumbers.ActionStolen, Way = NetlinkNumbers.MirredEgressRedirect, Link = to };
        socket.Request(
            NetlinkMessage.Of(NetlinkNumbers.NewFilter, NetlinkNumbers.Create | NetlinkNumbers.Exclusive, head)
                .Add(NetlinkNumbers.Kind, "u32")
                .AddNested(NetlinkNumbers.Options, filter => filter
                    .AddNested(NetlinkNumbers.ActionsOfU32, actions => actions
                        .AddNested(First, action => action
                            .Add(NetlinkNumbers.ActionKind, "mirred")
                            .AddNested(NetlinkNumbers.ActionOptions, options => options.Add(NetlinkNumbers.MirredParameters, redirect))
                            .Add(NetlinkNumbers.ActionCookie, mark.ToByteArray())))
                    .Add(NetlinkNumbers.SelectorOfU32, new SelectorOfU32 { Flags = NetlinkNumbers.TerminalOfU32, Keys = 1 })),
            "add filter to interface",
            $"{from}");
    }

    private static unsafe bool IsMarked(byte[] message, Guid mark)
    {
        var options = NetlinkAttributes.Find(message.AsSpan(sizeof(TrafficHead)), NetlinkNumbers.Options);
        var actions = new NetlinkAttributes(NetlinkAttributes.Find(options, NetlinkNumbers.ActionsOfU32));
        while (actions.Next())
        {
            if (NetlinkAttributes.Find(actions.Value, NetlinkNumbers.ActionCookie).SequenceEqual(mark.ToByteArray()))
            {
                return true;
            }
        }

        return false;
    }
}

using KataActors.Linux.Netlink;
using static KataActors.Linux.Tests.NativeLayoutSpecs;

namespace KataActors.Linux.Tests;

/// <summary>The layouts and numbers of netlink, as the C headers name them.</summary>
internal static class NativeNetlink
{
    public static readonly IReadOnlyDictionary<string, ulong> All = new Dictionary<string, ulong>
    {
        ["sizeof(struct nlmsghdr)"] = Size<MessageHead>(),
        ["sizeof(struct ifinfomsg)"] = Size<LinkHead>(),
        ["sizeof(struct ifaddrmsg)"] = Size<AddressHead>(),
        ["sizeof(struct rtmsg)"] = Size<RouteHead>(),
        ["sizeof(struct ndmsg)"] = Size<NeighborHead>(),
        ["sizeof(struct tcmsg)"] = Size<TrafficHead>(),
        ["sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key)"] = Size<SelectorOfU32>(),
        ["sizeof(struct tc_mirred)"] = Size<MirredParameters>(),
        ["offsetof(struct ifinfomsg, ifi_index)"] = Offset<LinkHead>("Index"),
        ["offsetof(struct ndmsg, ndm_state)"] = Offset<NeighborHead>("State"),
        ["offsetof(struct tcmsg, tcm_info)"] = Offset<TrafficHead>("Information"),
        ["offsetof(struct tc_mirred, ifindex)"] = Offset<MirredParameters>("Link"),
        ["offsetof(struct tc_u32_sel, nkeys)"] = Offset<SelectorOfU32>("Keys"),
        ["NLMSG_ERROR"] = NetlinkNumbers.Error,
        ["NLMSG_DONE"] = NetlinkNumbers.Done,
        ["NLM_F_DUMP"] = NetlinkNumbers.Dump,
        ["NLM_F_DUMP_INTR"] = NetlinkNumbers.Interrupted,
        ["NLM_F_EXCL"] = NetlinkNumbers.Exclusive,
        ["RTM_GETLINK"] = NetlinkNumbers.GetLink,
        ["RTM_NEWADDR"] = NetlinkNumbers.NewAddress,
        ["RTM_DELROUTE"] = NetlinkNumbers.DeleteRoute,
        ["RTM_NEWNEIGH"] = NetlinkNumbers.NewNeighbor,
        ["RTM_NEWQDISC"] = NetlinkNumbers.NewQdisc,
        ["RTM_NEWTFILTER"] = NetlinkNumbers.NewFilter,
        ["RTM_GETQDISC"] = NetlinkNumbers.GetQdisc,
        ["RTM_GETTFILTER"] = NetlinkNumbers.GetFilter,
        ["IFLA_IFNAME"] = NetlinkNumbers.LinkName,
        ["IFLA_MTU"] = NetlinkNumbers.LinkMtu,
        ["IFLA_LINKINFO"] = NetlinkNumbers.LinkInfo,
        ["IFA_FLAGS"] = NetlinkNumbers.AddressFlags,
        ["IFA_F_NODAD"] = NetlinkNumbers.NoDuplicateDetection,
        ["IFA_F_DADFAILED"] = NetlinkNumbers.DuplicateFound,
        ["RTA_PREFSRC"] = NetlinkNumbers.RoutePreferredSource,
        ["RTA_OIF"] = NetlinkNumbers.RouteInterface,
        ["RTA_TABLE"] = NetlinkNumbers.RouteTable,
        ["NDA_LLADDR"] = NetlinkNumbers.NeighborLinkAddress,
        ["NUD_PERMANENT"] = NetlinkNumbers.Permanent,
        ["TC_H_INGRESS"] = NetlinkNumbers.IngressParent,
        ["TCA_OPTIONS"] = NetlinkNumbers.Options,
        ["TCA_U32_SEL"] = NetlinkNumbers.SelectorOfU32,
        ["TCA_U32_ACT"] = NetlinkNumbers.ActionsOfU32,
        ["TC_U32_TERMINAL"] = NetlinkNumbers.TerminalOfU32,
        ["TCA_ACT_COOKIE"] = NetlinkNumbers.ActionCookie,
        ["TCA_MIRRED_PARMS"] = NetlinkNumbers.MirredParameters,
        ["TCA_EGRESS_REDIR"] = (ulong)NetlinkNumbers.MirredEgressRedirect,
        ["TC_ACT_STOLEN"] = (ulong)NetlinkNumbers.ActionStolen,
    };
}

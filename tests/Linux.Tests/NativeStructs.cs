using KataActors.Linux.Native;
using static KataActors.Linux.Tests.NativeLayoutSpecs;

namespace KataActors.Linux.Tests;

/// <summary>The sizes and offsets of structs of sockets, processes and files.</summary>
internal static class NativeStructs
{
    public static readonly IReadOnlyDictionary<string, ulong> All = new Dictionary<string, ulong>
    {
        ["sizeof(struct epoll_event)"] = Size<EpollEvent>(),
        ["offsetof(struct epoll_event, data)"] = Offset<EpollEvent>("Data"),
        ["sizeof(siginfo_t)"] = Size<SignalInfo>(),
        ["offsetof(siginfo_t, si_code)"] = Offset<SignalInfo>("Code"),
        ["offsetof(siginfo_t, si_pid)"] = Offset<SignalInfo>("Pid"),
        ["offsetof(siginfo_t, si_status)"] = Offset<SignalInfo>("Status"),
        ["sizeof(sigset_t)"] = Size<SignalSet>(),
        ["sizeof(struct iovec)"] = Size<IoVector>(),
        ["offsetof(struct iovec, iov_len)"] = Offset<IoVector>("Length"),
        ["sizeof(struct msghdr)"] = Size<MessageHeader>(),
        ["offsetof(struct msghdr, msg_namelen)"] = Offset<MessageHeader>("NameLength"),
        ["offsetof(struct msghdr, msg_iov)"] = Offset<MessageHeader>("Vectors"),
        ["offsetof(struct msghdr, msg_iovlen)"] = Offset<MessageHeader>("VectorCount"),
        ["offsetof(struct msghdr, msg_control)"] = Offset<MessageHeader>("Control"),
        ["offsetof(struct msghdr, msg_controllen)"] = Offset<MessageHeader>("ControlLength"),
        ["offsetof(struct msghdr, msg_flags)"] = Offset<MessageHeader>("Flags"),
        ["sizeof(struct cmsghdr)"] = Size<ControlHeader>(),
        ["offsetof(struct cmsghdr, cmsg_level)"] = Offset<ControlHeader>("Level"),
        ["offsetof(struct cmsghdr, cmsg_type)"] = Offset<ControlHeader>("Type"),
        ["sizeof(struct ucred)"] = Size<PeerCredentials>(),
        ["sizeof(struct statx)"] = Size<StatusFields>(),
        ["offsetof(struct statx, stx_uid)"] = Offset<StatusFields>("UserId"),
        ["offsetof(struct statx, stx_mode)"] = Offset<StatusFields>("Mode"),
        ["offsetof(struct statx, stx_ino)"] = Offset<StatusFields>("Inode"),
        ["offsetof(struct statx, stx_rdev_major)"] = Offset<StatusFields>("OwnDeviceMajor"),
        ["offsetof(struct statx, stx_dev_major)"] = Offset<StatusFields>("DeviceMajor"),
        ["offsetof(struct statx, stx_mnt_id)"] = Offset<StatusFields>("MountId"),
        ["sizeof(struct statfs)"] = Size<FileSystemFields>(),
        ["sizeof(posix_spawnattr_t) <= 512"] = 1,
        ["sizeof(posix_spawn_file_actions_t) <= 512"] = 1,
    };
}

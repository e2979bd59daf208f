using System.Globalization;
using System.Reflection;
using KataActors.Linux.Native;

namespace KataActors.Linux.Tests;

/// <summary>The numbers of system calls and their flags: of descriptors, files, processes and sockets; errors and signals.</summary>
internal static class NativeNumbers
{
    public static IEnumerable<KeyValuePair<string, ulong>> All =>
    [
        .. s_flags,
        .. Fields(typeof(Errno)).Concat(Fields(typeof(Signals)).Where(number => number.Name.StartsWith("SIG", StringComparison.Ordinal)))
            .Select(number => KeyValuePair.Create(number.Name, Convert.ToUInt64(number.GetRawConstantValue(), CultureInfo.InvariantCulture))),
    ];

    private static readonly Dictionary<string, ulong> s_flags = new()
    {
        ["STATX_BASIC_STATS | STATX_MNT_ID"] = Constants.StatusWanted,
        ["AT_REMOVEDIR"] = Constants.AtRemoveDirectory,
        ["S_IFREG >> 12"] = (ulong)FileKind.Regular,
        ["S_IFLNK >> 12"] = (ulong)FileKind.SymbolicLink,
        ["S_IFSOCK >> 12"] = (ulong)FileKind.Socket,
        ["SYS_pidfd_send_signal"] = (ulong)Constants.SysPidfdSendSignal,
        ["SYS_pidfd_open"] = (ulong)Constants.SysPidfdOpen,
        ["SYS_getdents64"] = (ulong)Constants.SysGetdents64,
        ["SYS_close_range"] = (ulong)Constants.SysCloseRange,
        ["SYS_mount_setattr"] = (ulong)Constants.SysMountSetattr,
        ["O_WRONLY"] = (ulong)OpenFlags.WriteOnly,
        ["O_RDWR"] = (ulong)OpenFlags.ReadWrite,
        ["O_CREAT"] = (ulong)OpenFlags.Create,
        ["O_EXCL"] = (ulong)OpenFlags.Exclusive,
        ["SYS_pidfd_getfd"] = (ulong)Constants.SysPidfdGetfd,
        ["O_NOCTTY"] = (ulong)OpenFlags.NoControllingTerminal,
        ["O_TRUNC"] = (ulong)OpenFlags.Truncate,
        ["O_APPEND"] = (ulong)OpenFlags.Append,
        ["O_NONBLOCK"] = (ulong)OpenFlags.NonBlocking,
        ["O_DIRECTORY"] = (ulong)OpenFlags.Directory,
        ["O_NOFOLLOW"] = (ulong)OpenFlags.NoFollow,
        ["O_CLOEXEC"] = (ulong)OpenFlags.CloseOnExec,
        ["O_PATH"] = (ulong)OpenFlags.Path,
        ["F_DUPFD_CLOEXEC"] = Constants.DuplicateCloseOnExec,
        ["AT_FDCWD"] = unchecked((ulong)Constants.AtFdCwd),
        ["AT_EMPTY_PATH"] = Constants.AtEmptyPath,
        ["AT_RECURSIVE"] = Constants.AtRecursive,
        ["LOCK_EX"] = Constants.LockExclusive,
        ["LOCK_NB"] = Constants.LockNonBlocking,
        ["P_PID"] = Constants.WaitByPid,
        ["P_PIDFD"] = Constants.WaitByPidfd,
        ["WNOHANG"] = Constants.WaitNoHang,
        ["WEXITED"] = Constants.WaitExited,
        ["CLD_EXITED"] = Constants.ChildExited,
        ["F_ADD_SEALS"] = Constants.AddSeals,
        ["F_SEAL_SEAL"] = Constants.SealSeals,
        ["F_SEAL_SHRINK"] = Constants.SealShrink,
        ["F_SEAL_GROW"] = Constants.SealGrow,
        ["F_SETFL"] = Constants.SetStatusFlags,
        ["SOL_SOCKET"] = Constants.SolSocket,
        ["SCM_RIGHTS"] = Constants.ScmRights,
        ["SO_PEERCRED"] = Constants.SoPeerCredentials,
        ["MSG_CTRUNC"] = Constants.MsgControlTruncated,
        ["MSG_DONTWAIT"] = Constants.MsgDontWait,
        ["MSG_NOSIGNAL"] = Constants.MsgNoSignal,
        ["MSG_CMSG_CLOEXEC"] = Constants.MsgCloseOnExec,
        ["PR_SET_THP_DISABLE"] = Constants.DisableHugePages,
        ["CLOSE_RANGE_CLOEXEC"] = Constants.CloseRangeCloseOnExec,
        ["POSIX_SPAWN_SETSIGDEF"] = (ulong)PosixSpawn.SetSignalDefaults,
        ["POSIX_SPAWN_SETSIGMASK"] = (ulong)PosixSpawn.SetSignalMask,
        ["POSIX_SPAWN_SETSID"] = (ulong)PosixSpawn.SetSession,
    };

    private static IEnumerable<FieldInfo> Fields(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(constant => constant.IsLiteral);
}

using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KataActors.Linux.Guest;
using KataActors.Linux.Native;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

/// <summary>Compares our structs and numbers with the C headers of the machine, by a compiled C program.</summary>
public sealed class NativeLayoutSpecs
{
    [Fact]
    public async Task Should_agree_with_the_C_headers()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/cc"), "no C compiler");
        var expected = Expected();
        using var directory = new TemporaryDirectory();
        var lines = expected.Keys.Select(expression => $"printf(\"%llu\\n\", (unsigned long long)({expression}));");
        directory.Write("layout.c", Headers + "int main(void) {\n" + string.Join('\n', lines) + "\nreturn 0; }\n");

        var output = await ChildScript.RunAsync($"cd {directory.Path} && cc -w -o layout layout.c && ./layout");

        var actual = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(actual.Length == expected.Count, output);
        foreach (var ((expression, ours), theirs) in expected.Zip(actual))
        {
            Assert.Equal($"{expression} = {theirs}", $"{expression} = {ours}");
        }
    }

    private const string Headers =
        """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <sched.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/epoll.h>
        #include <sys/file.h>
        #include <sys/mount.h>
        #include <sys/prctl.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/vfs.h>
        #include <sys/wait.h>
        #include <linux/bpf.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <linux/close_range.h>
        #include <linux/ioprio.h>
        #define sched_param kernel_sched_param
        #include <linux/sched/types.h>
        #undef sched_param
        #include <sys/resource.h>
        #include <linux/magic.h>
        #include <linux/nsfs.h>
        #include <linux/openat2.h>
        #include <asm/ioctls.h>
        #include <asm/termbits.h>
        #ifndef P_PIDFD
        #define P_PIDFD 3
        #endif

        """;

    private static Dictionary<string, ulong> Expected()
    {
        var expected = new Dictionary<string, ulong>
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
            ["sizeof(struct mount_attr)"] = Size<MountAttributes>(),
            ["offsetof(struct mount_attr, propagation)"] = Offset<MountAttributes>("Propagation"),
            ["sizeof(struct rlimit)"] = Size<ResourceLimit>(),
            ["offsetof(struct rlimit, rlim_max)"] = Offset<ResourceLimit>("Hard"),
            ["SCHED_ATTR_SIZE_VER0"] = Size<SchedulingAttributes>(),
            ["offsetof(struct sched_attr, sched_nice)"] = Offset<SchedulingAttributes>("Nice"),
            ["offsetof(struct sched_attr, sched_period)"] = Offset<SchedulingAttributes>("Period"),
            ["RLIMIT_CPU"] = (ulong)ProcessResource.CpuTime,
            ["RLIMIT_FSIZE"] = (ulong)ProcessResource.FileSize,
            ["RLIMIT_DATA"] = (ulong)ProcessResource.Data,
            ["RLIMIT_STACK"] = (ulong)ProcessResource.Stack,
            ["RLIMIT_CORE"] = (ulong)ProcessResource.CoreDump,
            ["RLIMIT_NPROC"] = (ulong)ProcessResource.Processes,
            ["RLIMIT_NOFILE"] = (ulong)ProcessResource.OpenFiles,
            ["RLIMIT_MEMLOCK"] = (ulong)ProcessResource.LockedMemory,
            ["RLIMIT_AS"] = (ulong)ProcessResource.AddressSpace,
            ["RLIMIT_SIGPENDING"] = (ulong)ProcessResource.PendingSignals,
            ["RLIMIT_MSGQUEUE"] = (ulong)ProcessResource.MessageQueues,
            ["RLIMIT_NICE"] = (ulong)ProcessResource.Nice,
            ["RLIMIT_RTPRIO"] = (ulong)ProcessResource.RealTimePriority,
            ["RLIM_INFINITY"] = ProcessLimits.Infinity,
            ["SCHED_OTHER"] = Constants.SchedulingOther,
            ["IOPRIO_WHO_PROCESS"] = (ulong)Constants.IoPriorityOfProcess,
            ["SYS_ioprio_set"] = (ulong)Constants.SysIoprioSet,
            ["SYS_sched_setattr"] = (ulong)Constants.SysSchedSetattr,
            ["SYS_capget"] = (ulong)GuestConstants.SysCapget,
            ["SYS_seccomp"] = (ulong)GuestConstants.SysSeccomp,
            ["SECCOMP_SET_MODE_FILTER"] = (ulong)GuestConstants.SeccompSetFilter,
            ["SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW"] = SystemCallFilters.Flags,
            ["sizeof(struct sock_filter)"] = SystemCallFilters.InstructionBytes,
            ["BPF_MAXINSNS"] = SystemCallFilters.MostInstructions,
            ["offsetof(struct sock_fprog, filter)"] = Offset<SystemCallProgram>("Instructions"),
            ["SYS_bpf"] = (ulong)GuestConstants.SysBpf,
            ["BPF_PROG_LOAD"] = (ulong)GuestConstants.BpfLoadProgram,
            ["BPF_PROG_ATTACH"] = (ulong)GuestConstants.BpfAttachProgram,
            ["BPF_PROG_TYPE_CGROUP_DEVICE"] = GuestConstants.BpfProgramOfDevices,
            ["BPF_CGROUP_DEVICE"] = GuestConstants.BpfDeviceAccess,
            ["BPF_F_ALLOW_MULTI"] = GuestConstants.BpfAllowMultiple,
            ["BPF_F_REPLACE"] = GuestConstants.BpfReplace,
            ["offsetof(union bpf_attr, insns)"] = Offset<BpfProgramLoad>("Instructions"),
            ["offsetof(union bpf_attr, license)"] = Offset<BpfProgramLoad>("License"),
            ["offsetof(union bpf_attr, attach_flags)"] = Offset<BpfAttachment>("Flags"),
            ["offsetof(union bpf_attr, replace_bpf_fd)"] = Offset<BpfAttachment>("Replaced"),
            ["sizeof(struct statx)"] = Size<StatusFields>(),
            ["offsetof(struct statx, stx_uid)"] = Offset<StatusFields>("UserId"),
            ["offsetof(struct statx, stx_mode)"] = Offset<StatusFields>("Mode"),
            ["offsetof(struct statx, stx_ino)"] = Offset<StatusFields>("Inode"),
            ["offsetof(struct statx, stx_rdev_major)"] = Offset<StatusFields>("OwnDeviceMajor"),
            ["offsetof(struct statx, stx_dev_major)"] = Offset<StatusFields>("DeviceMajor"),
            ["offsetof(struct statx, stx_mnt_id)"] = Offset<StatusFields>("MountId"),
            ["sizeof(struct statfs)"] = Size<FileSystemFields>(),
            ["STATX_BASIC_STATS | STATX_MNT_ID"] = Constants.StatusWanted,
            ["AT_REMOVEDIR"] = Constants.AtRemoveDirectory,
            ["NSFS_MAGIC"] = (ulong)Constants.NamespaceFileSystem,
            ["NS_GET_NSTYPE"] = Constants.GetNamespaceKind,
            ["RESOLVE_NO_XDEV"] = GuestConstants.ResolveNoOtherMounts,
            ["RESOLVE_NO_SYMLINKS"] = GuestConstants.ResolveNoLinks,
            ["S_IFREG >> 12"] = (ulong)FileKind.Regular,
            ["S_IFLNK >> 12"] = (ulong)FileKind.SymbolicLink,
            ["S_IFSOCK >> 12"] = (ulong)FileKind.Socket,
            ["sizeof(posix_spawnattr_t) <= 512"] = 1,
            ["sizeof(posix_spawn_file_actions_t) <= 512"] = 1,
            ["SYS_pidfd_send_signal"] = (ulong)Constants.SysPidfdSendSignal,
            ["SYS_open_tree"] = (ulong)Constants.SysOpenTree,
            ["SYS_move_mount"] = (ulong)Constants.SysMoveMount,
            ["SYS_pidfd_open"] = (ulong)Constants.SysPidfdOpen,
            ["SYS_close_range"] = (ulong)Constants.SysCloseRange,
            ["SYS_mount_setattr"] = (ulong)Constants.SysMountSetattr,
            ["O_WRONLY"] = (ulong)OpenFlags.WriteOnly,
            ["O_RDWR"] = (ulong)OpenFlags.ReadWrite,
            ["O_CREAT"] = (ulong)OpenFlags.Create,
            ["O_EXCL"] = (ulong)OpenFlags.Exclusive,
            ["sizeof(struct termios)"] = Size<TerminalFields>(),
            ["offsetof(struct termios, c_cc)"] = Offset<TerminalFields>("Characters"),
            ["sizeof(struct winsize)"] = Size<WindowSize>(),
            ["offsetof(struct winsize, ws_col)"] = Offset<WindowSize>("Columns"),
            ["TCGETS"] = TerminalConstants.GetSettings,
            ["TCSETS"] = TerminalConstants.SetSettings,
            ["TIOCSCTTY"] = TerminalConstants.SetControllingTerminal,
            ["TIOCGWINSZ"] = TerminalConstants.GetSize,
            ["TIOCSWINSZ"] = TerminalConstants.SetSize,
            ["TIOCSPTLCK"] = TerminalConstants.SetSlaveLock,
            ["TIOCGPTPEER"] = TerminalConstants.OpenSlave,
            ["IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON"] = TerminalConstants.InputChanges,
            ["OPOST"] = TerminalConstants.OutputChanges,
            ["CSIZE | PARENB"] = TerminalConstants.ControlChanges,
            ["CS8"] = TerminalConstants.EightBits,
            ["ECHO | ECHONL | ICANON | ISIG | IEXTEN"] = TerminalConstants.LocalChanges,
            ["VTIME"] = TerminalConstants.ReadTime,
            ["VMIN"] = TerminalConstants.LeastRead,
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
            ["OPEN_TREE_CLONE"] = Constants.OpenTreeClone,
            ["MOVE_MOUNT_F_EMPTY_PATH"] = Constants.MoveMountFromEmptyPath,
            ["MOUNT_ATTR_RDONLY"] = Constants.MountAttributeReadOnly,
            ["MOUNT_ATTR_NOSUID"] = Constants.MountAttributeNoSuid,
            ["MOUNT_ATTR_NODEV"] = Constants.MountAttributeNoDev,
            ["PR_SET_THP_DISABLE"] = Constants.DisableHugePages,
            ["CLOSE_RANGE_CLOEXEC"] = Constants.CloseRangeCloseOnExec,
            ["POSIX_SPAWN_SETSIGDEF"] = (ulong)PosixSpawn.SetSignalDefaults,
            ["POSIX_SPAWN_SETSIGMASK"] = (ulong)PosixSpawn.SetSignalMask,
            ["POSIX_SPAWN_SETSID"] = (ulong)PosixSpawn.SetSession,
            ["CLONE_NEWNS"] = (ulong)NamespaceKinds.Mount,
            ["CLONE_NEWCGROUP"] = (ulong)NamespaceKinds.Cgroup,
            ["CLONE_NEWUTS"] = (ulong)NamespaceKinds.Uts,
            ["CLONE_NEWIPC"] = (ulong)NamespaceKinds.Ipc,
            ["CLONE_NEWUSER"] = (ulong)NamespaceKinds.User,
            ["CLONE_NEWPID"] = (ulong)NamespaceKinds.Pid,
            ["CLONE_NEWNET"] = (ulong)NamespaceKinds.Network,
            ["MS_RDONLY"] = (ulong)MountOptions.ReadOnly,
            ["MS_NOSUID"] = (ulong)MountOptions.NoSuid,
            ["MS_NODEV"] = (ulong)MountOptions.NoDev,
            ["MS_NOEXEC"] = (ulong)MountOptions.NoExec,
            ["MS_SYNCHRONOUS"] = (ulong)MountOptions.Synchronous,
            ["MS_REMOUNT"] = (ulong)MountOptions.Remount,
            ["MS_NOATIME"] = (ulong)MountOptions.NoAtime,
            ["MS_NODIRATIME"] = (ulong)MountOptions.NoDirAtime,
            ["MS_BIND"] = (ulong)MountOptions.Bind,
            ["MS_MOVE"] = (ulong)MountOptions.Move,
            ["MS_REC"] = (ulong)MountOptions.Recursive,
            ["MS_SILENT"] = (ulong)MountOptions.Silent,
            ["MS_UNBINDABLE"] = (ulong)MountOptions.Unbindable,
            ["MS_PRIVATE"] = (ulong)MountOptions.Private,
            ["MS_SLAVE"] = (ulong)MountOptions.Slave,
            ["MS_SHARED"] = (ulong)MountOptions.Shared,
            ["MS_RELATIME"] = (ulong)MountOptions.RelAtime,
            ["MS_STRICTATIME"] = (ulong)MountOptions.StrictAtime,
            ["MNT_DETACH"] = 2,
            ["UMOUNT_NOFOLLOW"] = 8,
        };
        foreach (var field in Fields(typeof(Errno)).Concat(Fields(typeof(Signals)).Where(field => field.Name.StartsWith("SIG", StringComparison.Ordinal))))
        {
            expected.Add(field.Name, Convert.ToUInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));
        }

        return expected;
    }

    private static IEnumerable<FieldInfo> Fields(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral);

    private static ulong Size<T>() => (ulong)Unsafe.SizeOf<T>();

    private static ulong Offset<T>(string field) => (ulong)Marshal.OffsetOf<T>(field);
}

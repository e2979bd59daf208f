namespace KataActors.Linux.Native;

/// <summary>Numbers of the kernel's interface, as in the headers named beside each group.</summary>
internal static class Constants
{
    // asm/unistd_64.h (x86-64)
    internal const long SysGetdents64 = 217;
    internal const long SysIoprioSet = 251;
    internal const long SysSchedSetattr = 314;

    // asm/unistd.h: numbers from 424 up are the same on every architecture.
    internal const long SysPidfdSendSignal = 424;
    internal const long SysOpenTree = 428;
    internal const long SysMoveMount = 429;
    internal const long SysPidfdOpen = 434;
    internal const long SysCloseRange = 436;
    internal const long SysPidfdGetfd = 438;
    internal const long SysMountSetattr = 442;

    // fcntl.h
    internal const int DuplicateCloseOnExec = 1030;
    internal const int AddSeals = 1033;
    internal const int SealSeals = 0x1;
    internal const int SealShrink = 0x2;
    internal const int SealGrow = 0x4;
    internal const int SetStatusFlags = 4;
    internal const int AtFdCwd = -100;
    internal const int AtEmptyPath = 0x1000;
    internal const int AtRecursive = 0x8000;
    internal const int AtRemoveDirectory = 0x200;

    // linux/stat.h: STATX_BASIC_STATS and STATX_MNT_ID
    internal const uint StatusWanted = 0x7ff | 0x1000;

    // linux/magic.h, linux/nsfs.h
    internal const long NamespaceFileSystem = 0x6e736673;
    internal const long MemoryFileSystem = 0x01021994;
    internal const ulong GetNamespaceKind = 0xb703;

    // sys/prctl.h
    internal const int DisableHugePages = 41;

    // linux/sched.h, linux/ioprio.h
    internal const uint SchedulingOther = 0;
    internal const long IoPriorityOfProcess = 1;

    // sys/file.h
    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;

    // sys/wait.h
    internal const int WaitByPid = 1;
    internal const int WaitByPidfd = 3;
    internal const int WaitNoHang = 1;
    internal const int WaitExited = 4;
    internal const int ChildExited = 1;

    // sys/socket.h
    internal const int SolSocket = 1;
    internal const int ScmRights = 1;
    internal const int SoPeerCredentials = 17;
    internal const int MsgControlTruncated = 0x8;
    internal const int MsgDontWait = 0x40;
    internal const int MsgNoSignal = 0x4000;
    internal const int MsgCloseOnExec = 0x40000000;

    // linux/mount.h
    internal const int OpenTreeClone = 1;
    internal const int MoveMountFromEmptyPath = 0x4;
    internal const ulong MountAttributeReadOnly = 0x1;
    internal const ulong MountAttributeNoSuid = 0x2;
    internal const ulong MountAttributeNoDev = 0x4;

    // linux/memfd.h
    internal const uint MemfdCloseOnExec = 0x1;
    internal const uint MemfdAllowSealing = 0x2;

    // linux/close_range.h
    internal const int CloseRangeCloseOnExec = 4;
}

namespace KataActors.Linux.Native;

/// <summary>Numbers of the kernel's interface that only the guest's side uses, as in the headers named beside each group.</summary>
internal static class GuestConstants
{
    // asm/unistd_64.h (x86-64)
    internal const long SysClone = 56;
    internal const long SysExit = 60;
    internal const long SysGetcwd = 79;
    internal const long SysSetgroups = 116;
    internal const long SysSetresuid = 117;
    internal const long SysSetresgid = 119;
    internal const long SysSetfsuid = 122;
    internal const long SysSetfsgid = 123;
    internal const long SysCapget = 125;
    internal const long SysCapset = 126;
    internal const long SysPivotRoot = 155;
    internal const long SysFinitModule = 313;
    internal const long SysSeccomp = 317;
    internal const long SysBpf = 321;

    // asm/unistd.h: the same on every architecture
    internal const long SysFsopen = 430;
    internal const long SysFsconfig = 431;
    internal const long SysFsmount = 432;
    internal const long SysOpenat2 = 437;

    // fcntl.h
    internal const int SetStatusFlags = 4;
    internal const int GetStatusFlags = 3;
    internal const int AtSymlinkNoFollow = 0x100;

    // linux/sched.h
    internal const long ClonePidfd = 0x1000;
    internal const long CloneParent = 0x8000;

    // linux/openat2.h
    internal const ulong ResolveNoOtherMounts = 0x01;
    internal const ulong ResolveNoMagicLinks = 0x02;
    internal const ulong ResolveNoLinks = 0x04;
    internal const ulong ResolveInRoot = 0x10;

    // linux/mount.h
    internal const long FsopenCloseOnExec = 1;
    internal const long FsmountCloseOnExec = 1;
    internal const long FsconfigSetFlag = 0;
    internal const long FsconfigSetString = 1;
    internal const long FsconfigCreate = 6;
    internal const int MoveMountToEmptyPath = 0x40;

    // sys/wait.h
    internal const int WaitForAll = 0;

    // sys/stat.h
    internal const uint ModeCharacterDevice = 0x2000;
    internal const uint ModeBlockDevice = 0x6000;
    internal const uint ModeFifo = 0x1000;

    // sys/prctl.h
    internal const int SetDumpable = 4;
    internal const int SetKeepCapabilities = 8;
    internal const int DropBoundingCapability = 24;
    internal const int SetNoNewPrivileges = 38;
    internal const int AmbientCapability = 47;
    internal const ulong AmbientRaise = 2;
    internal const ulong AmbientClearAll = 4;

    // linux/capability.h
    internal const uint CapabilityVersion3 = 0x20080522;

    // linux/bpf.h
    internal const long BpfLoadProgram = 5;
    internal const long BpfAttachProgram = 8;
    internal const uint BpfProgramOfDevices = 15;
    internal const uint BpfDeviceAccess = 6;
    internal const uint BpfAllowMultiple = 2;
    internal const uint BpfReplace = 4;

    // linux/seccomp.h
    internal const long SeccompSetFilter = 1;

    // linux/module.h
    internal const long ModuleCompressedFile = 4;

    // sys/ioctl.h, net/if.h
    internal const ulong GetInterfaceFlags = 0x8913;
    internal const ulong SetInterfaceFlags = 0x8914;
    internal const short InterfaceUp = 1;

    // linux/random.h
    internal const ulong AddEntropy = 0x40085203;
    internal const ulong ReseedRandomNumbers = 0x5207;

    // time.h
    internal const int ClockRealtime = 0;

    // sys/reboot.h
    internal const int RebootPowerOff = 0x4321fedc;
    internal const int RebootRestart = 0x01234567;

    // unistd.h
    internal const int AccessExecute = 1;
}

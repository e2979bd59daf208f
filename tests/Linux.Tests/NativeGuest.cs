using KataActors.Linux.Guest;
using KataActors.Linux.Native;
using static KataActors.Linux.Tests.NativeLayoutSpecs;

namespace KataActors.Linux.Tests;

/// <summary>What a process takes before its program: limits, scheduling, filters of system calls, device rules.</summary>
internal static class NativeGuest
{
    public static readonly IReadOnlyDictionary<string, ulong> All = new Dictionary<string, ulong>
    {
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
        ["RESOLVE_NO_XDEV"] = GuestConstants.ResolveNoOtherMounts,
        ["RESOLVE_NO_SYMLINKS"] = GuestConstants.ResolveNoLinks,
    };
}

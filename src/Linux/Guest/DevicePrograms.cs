using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux.Guest;

/// <summary>Programs that decide which devices the processes of a control group may use (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE).</summary>
public static unsafe class DevicePrograms
{
    /// <summary>Loads a program of instructions as in struct bpf_insn. It lives as long as a descriptor of it, or a group that it is attached to.</summary>
    /// <exception cref="LinuxException">The kernel refused it: EINVAL or EACCES from its verifier, E2BIG when it is too complex.</exception>
    public static SafeFileHandle Load(ReadOnlySpan<ulong> instructions)
    {
        // SAFETY: the kernel reads the instructions, as many as the count says, and the string, which ends with a NUL, during the call.
        fixed (ulong* first = instructions)
        fixed (byte* license = "Apache-2.0\0"u8)
        {
            var load = new BpfProgramLoad
            {
                Type = GuestConstants.BpfProgramOfDevices,
                InstructionCount = (uint)instructions.Length,
                Instructions = first,
                License = license,
            };
            var program = LibC.bpf(GuestConstants.SysBpf, GuestConstants.BpfLoadProgram, &load, sizeof(BpfProgramLoad));
            return program >= 0 ? LibC.Own(program) : throw LinuxException.Last("bpf", "device program");
        }
    }

    /// <summary>Attaches a program to a group; groups below may add their own, which restrict further.</summary>
    /// <param name="program">The program.</param>
    /// <param name="group">The folder of the group.</param>
    /// <param name="replaced">The program whose place it takes, at once for all processes; null when it is the group's first.</param>
    public static void Attach(SafeFileHandle program, string group, SafeFileHandle? replaced)
    {
        using var folder = Descriptors.Open(group, OpenFlags.ReadOnly | OpenFlags.Directory);
        var attach = new BpfAttachment
        {
            Target = (uint)folder.DangerousGetHandle(),
            Program = (uint)program.DangerousGetHandle(),
            Type = GuestConstants.BpfDeviceAccess,
            Flags = GuestConstants.BpfAllowMultiple | (replaced is null ? 0 : GuestConstants.BpfReplace),
            Replaced = (uint)(replaced?.DangerousGetHandle() ?? 0),
        };
        // SAFETY: the kernel reads as many bytes as the size says; the callers and this method keep the descriptors open.
        if (LibC.bpf(GuestConstants.SysBpf, GuestConstants.BpfAttachProgram, &attach, sizeof(BpfAttachment)) != 0)
        {
            throw LinuxException.Last("bpf", group);
        }
    }
}

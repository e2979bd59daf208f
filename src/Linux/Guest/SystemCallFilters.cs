using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>Filters of the system calls of the calling thread (seccomp(2)), for a process just before its execve(2), which keeps them.</summary>
public static unsafe class SystemCallFilters
{
    /// <summary>The bytes of an instruction, struct sock_filter.</summary>
    public const int InstructionBytes = 8;

    /// <summary>BPF_MAXINSNS, the most instructions of a program.</summary>
    public const int MostInstructions = 4096;

    /// <summary>SECCOMP_FILTER_FLAG_LOG and SECCOMP_FILTER_FLAG_SPEC_ALLOW.</summary>
    public const uint Flags = 6;

    /// <summary>Adds a filter. Needs CAP_SYS_ADMIN, or that no later execve(2) grants privileges.</summary>
    /// <exception cref="LinuxException">EINVAL: the kernel refused the program.</exception>
    public static void Load(ReadOnlySpan<byte> program, uint flags)
    {
        // SAFETY: the kernel reads as many instructions as the length says, during the call.
        fixed (byte* first = program)
        {
            var filter = new SystemCallProgram { Length = (ushort)(program.Length / InstructionBytes), Instructions = first };
            if (LibC.seccomp(GuestConstants.SysSeccomp, GuestConstants.SeccompSetFilter, flags, &filter) != 0)
            {
                throw LinuxException.Last("seccomp", "filter of system calls");
            }
        }
    }
}

namespace KataActors.Agent.Setup;

/// <summary>Names of capabilities(7) and the masks of the runtime spec's lists.</summary>
internal static class CapabilityNames
{
    private static readonly string[] s_names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE",
        "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
        "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ];

    /// <summary>The bits of the named capabilities; names unknown to the kernel or this table are ignored, as in runc.</summary>
    internal static ulong Mask(IEnumerable<string> names, int last, Action<string> unknown)
    {
        var mask = 0ul;
        foreach (var name in names)
        {
            var number = name.StartsWith("CAP_", StringComparison.Ordinal) ? Array.IndexOf(s_names, name[4..]) : -1;
            if (number < 0 || number > last)
            {
                unknown(name);
                continue;
            }

            mask |= 1ul << number;
        }

        return mask;
    }
}

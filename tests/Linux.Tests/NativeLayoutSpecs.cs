using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        KeyValuePair<string, ulong>[] expected = [.. NativeStructs.All, .. NativeNumbers.All, .. NativeMounts.All, .. NativeTerminals.All, .. NativeGuest.All, .. NativeNetlink.All];
        using var directory = new TemporaryDirectory();
        var lines = expected.Select(row => $"printf(\"%llu\\n\", (unsigned long long)({row.Key}));");
        directory.Write("layout.c", Headers + "int main(void) {\n" + string.Join('\n', lines) + "\nreturn 0; }\n");

        var output = await ChildScript.RunAsync($"cd {directory.Path} && cc -w -o layout layout.c && ./layout");

        var actual = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(actual.Length == expected.Length, output);
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
        #include <linux/if_tun.h>
        #include <linux/netlink.h>
        #include <linux/rtnetlink.h>
        #include <linux/neighbour.h>
        #include <linux/pkt_cls.h>
        #include <linux/tc_act/tc_mirred.h>
        #include <asm/ioctls.h>
        #include <asm/termbits.h>
        #ifndef P_PIDFD
        #define P_PIDFD 3
        #endif

        """;

    internal static ulong Size<T>() => (ulong)Unsafe.SizeOf<T>();

    internal static ulong Offset<T>(string field) => (ulong)Marshal.OffsetOf<T>(field);
}

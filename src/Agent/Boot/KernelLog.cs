using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Boot;

/// <summary>
/// The agent's log: lines in the kernel's (kmsg), which reach the host where the VM has a console. Quiet below warnings unless the kernel command
/// line says <c>agent.log=debug</c>. Never fails.
/// </summary>
internal static class KernelLog
{
    private const int LongestLine = 900;

    private static SafeFileHandle? s_device;
    private static bool s_debug;

    /// <summary>The open log.</summary>
    internal static SafeFileHandle Device => s_device ?? throw new InvalidOperationException("the log is not open");

    /// <summary>Opens the log; until then lines are dropped.</summary>
    internal static void Open()
    {
        try
        {
            Take(Descriptors.Open("/dev/kmsg", OpenFlags.WriteOnly));
        }
        catch (LinuxException)
        {
            // There is no place to report it.
            Take(Descriptors.Open("/dev/null", OpenFlags.WriteOnly));
        }
    }

    /// <summary>Uses a log that the agent has opened: the device rules of a container keep its processes from the device.</summary>
    internal static void Take(SafeFileHandle device)
    {
        s_device = device;
        try
        {
            s_debug = KernelFiles.Read("/proc/cmdline").Contains("agent.log=debug", StringComparison.Ordinal);
        }
        catch (LinuxException)
        {
            // Without /proc there is nothing to debug.
        }
    }

    internal static void Error(string message) => Write(3, message);

    internal static void Warn(string message) => Write(4, message);

    internal static void Debug(string message)
    {
        if (s_debug)
        {
            Write(6, message);
        }
    }

    private static void Write(int level, string message)
    {
        if (s_device is not { } device)
        {
            return;
        }

        foreach (var line in message.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                // One write is one record.
                var text = line.Length <= LongestLine ? line : line[..LongestLine];
                _ = Descriptors.TryWrite(device, Encoding.UTF8.GetBytes($"<{level}>kata-actors-agent: {text}"));
            }
            catch (LinuxException)
            {
                return;
            }
        }
    }
}

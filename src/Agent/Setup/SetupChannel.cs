using System.Globalization;
using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// The protocol between the agent and a process of a container before the latter executes its program. The agent writes one byte per step;
/// the process reports that it is ready, or one failure. Then the end of the pipe, which execve(2) closes, means that the program runs.
/// </summary>
internal static class SetupChannel
{
    // Descriptors of the new process, after its stdin, stdout and stderr.
    internal const int DocumentDescriptor = 3;
    internal const int StepDescriptor = 4;
    internal const int ReportDescriptor = 5;
    internal const int LogDescriptor = 6;

    /// <summary>The first of those that only one kind of process gets.</summary>
    internal const int FirstOwnDescriptor = 7;

    /// <summary>The process has its document, is in its cgroup, and may prepare the container, or its place in one.</summary>
    internal const byte Prepare = (byte)'p';

    /// <summary>The program is to be executed.</summary>
    internal const byte Start = (byte)'s';

    /// <summary>The process is up and waits.</summary>
    internal const byte Born = (byte)'b';

    internal const byte Ready = (byte)'r';

    /// <summary>The process has made its user namespace, and waits for the maps,</summary>
    internal const byte Unmapped = (byte)'u';

    /// <summary>which are written.</summary>
    internal const byte Mapped = (byte)'m';

    internal const byte Failed = (byte)'f';

    internal const byte InvalidRequest = (byte)'i';

    internal const int LongestReport = 4096;

    /// <summary>A report as it goes over the pipe: one write, so it arrives whole.</summary>
    internal static byte[] Encode(byte kind, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        return [kind, .. text.AsSpan(0, Math.Min(text.Length, LongestReport - 1))];
    }

    /// <summary>The report of a process that is ready, with the number of the master of its terminal, if it has one.</summary>
    internal static byte[] EncodeReady(SafeFileHandle? terminal) =>
        Encode(Ready, terminal is null ? "" : terminal.DangerousGetHandle().ToString(CultureInfo.InvariantCulture));

    /// <summary>The number in a report of <see cref="Ready"/>; null when the process has no terminal.</summary>
    internal static int? TerminalOf(ReadOnlySpan<byte> report) =>
        int.TryParse(Message(report), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The next report of the process; empty when it has closed its end.</summary>
    internal static async Task<byte[]> ReadReportAsync(SafeFileHandle pipe, CancellationToken cancellation)
    {
        var report = new byte[LongestReport];
        int read;
        while ((read = Descriptors.TryRead(pipe, report)) < 0)
        {
            await DescriptorEvents.WaitReadableAsync(pipe, cancellation).ConfigureAwait(false);
        }

        return report[..read];
    }

    internal static string Message(ReadOnlySpan<byte> report) => Encoding.UTF8.GetString(report[1..]);

    /// <summary>The document of this process, which is closed.</summary>
    internal static byte[] ReadDocument()
    {
        using var file = Inherited(DocumentDescriptor);
        var bytes = new byte[Descriptors.Rewind(file)];
        for (var at = 0; at < bytes.Length;)
        {
            var read = Descriptors.TryRead(file, bytes.AsSpan(at));
            at += read > 0 ? read : throw new EndOfStreamException("the document is cut short");
        }

        return bytes;
    }

    /// <summary>A descriptor of this process that the agent has given it.</summary>
    internal static SafeFileHandle Inherited(int descriptor) => new(descriptor, ownsHandle: true);

    /// <summary>Reports a state of this process and waits for the step that answers it; false when the agent gave the process up.</summary>
    internal static bool Ask(byte state, byte expected)
    {
        using var steps = new SafeFileHandle(StepDescriptor, ownsHandle: false);
        using var report = new SafeFileHandle(ReportDescriptor, ownsHandle: false);
        _ = Descriptors.TryWrite(report, [state]);
        return Await(steps, expected);
    }

    /// <summary>Waits for the agent's next step; false when the agent gave the process up.</summary>
    internal static bool Await(SafeFileHandle steps, byte expected)
    {
        Span<byte> step = stackalloc byte[1];
        int read;
        do
        {
            read = Descriptors.TryRead(steps, step);
        }
        while (read < 0);

        return read == 1 && step[0] == expected;
    }
}

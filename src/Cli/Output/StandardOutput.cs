using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Output;

/// <summary>Stdout and stderr without the buffers and encodings of a console.</summary>
internal static class StandardOutput
{
    private const int Output = 1;
    private const int Errors = 2;

    /// <summary>Writes all bytes to stdout. Ends this process by SIGPIPE when the other end is closed, as other programs and runc end.</summary>
    /// <exception cref="LinuxException">They cannot be written. EBADF: the caller closed stdout.</exception>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (!bytes.IsEmpty)
            {
                using var output = DescriptorHygiene.GivenStandard(Output) ?? throw Failure(Errno.EBADF);
                BlockingStreams.Write(output, bytes);
            }
        }
        catch (LinuxException failure)
        {
            if (failure.Errno == Errno.EPIPE)
            {
                EndByBrokenPipe();
            }

            throw Failure(failure.Errno);
        }
    }

    /// <summary>Writes text to stdout, as bytes.</summary>
    public static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line to stderr, if there is one.</summary>
    public static void Complain(string line)
    {
        try
        {
            using var errors = new SafeFileHandle(Errors, ownsHandle: false);
            BlockingStreams.Write(errors, Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (LinuxException)
        {
            // Closed or broken: the exit code still shows the failure.
        }
    }

    // The runtime ignores the signal. Process 1 of a namespace does not end by it, and reports the failure.
    private static void EndByBrokenPipe()
    {
        Signals.ResetToDefault(Signals.SIGPIPE);
        using var self = Pidfd.TryOpen(ProcessIdentity.TryRead(Environment.ProcessId)!.Value);
        _ = self?.Signal(Signals.SIGPIPE);
    }

    private static LinuxException Failure(int errno) => new(errno, "write", "standard output");
}

using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Output;

/// <summary>Stdout and stderr without the buffers and encodings of a console.</summary>
internal static class StandardOutput
{
    /// <summary>Writes all bytes to stdout.</summary>
    public static void Write(ReadOnlySpan<byte> bytes) => Write(1, bytes);

    /// <summary>Writes text to stdout.</summary>
    public static void Write(string text) => Write(1, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line to stderr, if there is one.</summary>
    public static void Complain(string line)
    {
        try
        {
            Write(2, Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (LinuxException)
        {
            // Closed or broken: the exit code still shows the failure.
        }
    }

    private static void Write(int number, ReadOnlySpan<byte> bytes)
    {
        using var descriptor = new SafeFileHandle(number, ownsHandle: false);
        BlockingStreams.Write(descriptor, bytes);
    }
}

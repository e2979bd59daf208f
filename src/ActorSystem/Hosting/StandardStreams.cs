using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>Standard output and error, without the console, which would set up the terminal: by escape codes that its user sees.</summary>
internal static class StandardStreams
{
    /// <summary>Writes to standard output.</summary>
    public static void Answer(string text) => Write(1, text);

    /// <summary>Writes to standard error.</summary>
    public static void Complain(string text) => Write(2, text);

    private static void Write(int descriptor, string text)
    {
        using var stream = new SafeFileHandle(descriptor, ownsHandle: false);
        try
        {
            BlockingStreams.Write(stream, Encoding.UTF8.GetBytes(text));
        }
        catch (LinuxException)
        {
            // Closed or broken: the exit code still tells.
        }
    }
}

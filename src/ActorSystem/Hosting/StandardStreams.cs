using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>Standard output and error without the console class, which would send visible escape codes to set up the terminal.</summary>
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
            // A closed or broken stream: the exit code still tells.
        }
    }
}

using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Factory;

/// <summary>Reads the version of a QEMU program.</summary>
internal static class QemuVersion
{
    private const string Before = "version ";
    private const int Longest = 4096;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    /// <summary>Such as <c>7.2.22 (Debian 1:7.2+dfsg-7)</c>.</summary>
    /// <exception cref="IOException">The program does not report a version.</exception>
    public static string Of(string program)
    {
        using var output = MemoryFiles.CreateFixedSize("qemu-version", Longest);
        using var process = ProcessSpawner.Spawn(new SpawnRequest { Path = program, Arguments = [program, "--version"], Descriptors = [null, output], WorkingDirectory = "/" });
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            process.WaitForExitAsync(deadline.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Signal(Signals.SIGKILL);
            process.WaitForExitAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        process.TryReap();
        var text = Read(output);
        var start = text.IndexOf(Before, StringComparison.Ordinal);
        return start >= 0 ? text[(start + Before.Length)..].Split('\n')[0].Trim() : throw new IOException($"\"{program}\" does not tell its version");
    }

    private static string Read(SafeFileHandle file)
    {
        var bytes = new byte[Longest];
        var length = RandomAccess.Read(file, bytes, 0);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, length).TrimEnd((byte)0));
    }
}

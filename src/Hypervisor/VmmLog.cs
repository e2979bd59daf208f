using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor;

/// <summary>
/// QEMU's stderr: a file in memory of a fixed size, enforced by the kernel, so that a guest that provokes messages fills neither disk nor memory.
/// The first 64 KiB are kept; later output is lost. While QEMU lives the file is <c>/proc/PID/fd/2</c>; <see cref="Save"/> leaves a
/// copy after its death. Owns its descriptor.
/// </summary>
public sealed class VmmLog : IDisposable
{
    private const int MaxBytes = 64 * 1024;
    private const uint OwnerOnly = 0b110_000_000;
    private const int LongestLine = 1024;
    private const string Name = "kata-actors-vmm-log";

    // warn_report of QEMU (util/error-report.c) puts it between its name, or the option at fault, and the text.
    private const string Warning = ": warning: ";

    private VmmLog(SafeFileHandle file) => File = file;

    /// <summary>The descriptor that becomes QEMU's stderr.</summary>
    internal SafeFileHandle File { get; }

    /// <summary>A new, empty log.</summary>
    public static VmmLog Create() => new(MemoryFiles.CreateFixedSize(Name, MaxBytes));

    /// <summary>The log of a running QEMU; null when its stderr is not such a log.</summary>
    public static VmmLog? TryOpen(ProcessIdentity vmm)
    {
        var path = $"/proc/{vmm.Pid}/fd/2";
        try
        {
            return System.IO.File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName.StartsWith($"/memfd:{Name}", StringComparison.Ordinal) == true
                ? new VmmLog(System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The lines written so far, made printable; long ones are cut.</summary>
    public string Read() => string.Join('\n', Lines());

    /// <summary>The last line that may tell why QEMU ended: no empty one, and no warning, which may be as old as QEMU. Null when there is none.</summary>
    public string? LastLine() => Lines().LastOrDefault(line => !line.Contains(Warning, StringComparison.Ordinal));

    /// <summary>Leaves a copy at <paramref name="path"/>, if its directory is still there and anything was written.</summary>
    public void Save(string path)
    {
        try
        {
            if (Read() is { Length: > 0 } text)
            {
                RegularFile.Write(path, Encoding.UTF8.GetBytes(text + '\n'), OwnerOnly);
            }
        }
        catch (LinuxException)
        {
            // The copy is optional; its failure must not disturb the report of the VMM's end.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private List<string> Lines()
    {
        var bytes = new byte[MaxBytes];
        var length = 0;
        while (length < bytes.Length && RandomAccess.Read(File, bytes.AsSpan(length), length) is var read and > 0)
        {
            length += read;
        }

        var text = bytes.AsSpan(0, length).TrimEnd((byte)0);
        var lines = new List<string>();
        foreach (var range in text.Split((byte)'\n'))
        {
            if (text[range].Trim(" \t\r"u8) is { IsEmpty: false } line)
            {
                lines.Add(PrintableText.Of(line, LongestLine));
            }
        }

        return lines;
    }
}

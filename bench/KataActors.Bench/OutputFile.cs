using Microsoft.Win32.SafeHandles;

namespace KataActors.Bench;

/// <summary>A file that takes the output of a child. The caller disposes it; the file stays.</summary>
internal sealed class OutputFile(string path) : IDisposable
{
    public SafeFileHandle Handle { get; } = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);

    public string Text => File.ReadAllText(path);

    public long Length => new FileInfo(path).Length;

    public void Dispose() => Handle.Dispose();
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Fuzz.Tests;

/// <summary>
/// This process's standard streams, replaced: nothing to read, output dropped, errors in a file. The test framework has descriptors of its own. The working
/// directory is one of the test's, too.
/// </summary>
internal sealed partial class CapturedStreams : IDisposable
{
    private readonly string _directory = Directory.GetCurrentDirectory();
    private readonly SafeFileHandle _errors;
    private readonly int[] _kept;

    public CapturedStreams(string directory)
    {
        _ = Console.Out;
        _kept = [Duplicate(0), Duplicate(1), Duplicate(2)];
        _errors = File.OpenHandle(Path.Combine(directory, "errors"), FileMode.Create, FileAccess.ReadWrite);
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        Replace((int)nothing.DangerousGetHandle(), 0);
        Replace((int)nothing.DangerousGetHandle(), 1);
        Replace((int)_errors.DangerousGetHandle(), 2);
        Directory.SetCurrentDirectory(directory);
    }

    /// <summary>What was written to stderr since the last time.</summary>
    public string TakeErrors()
    {
        var bytes = new byte[RandomAccess.GetLength(_errors)];
        RandomAccess.Read(_errors, bytes, 0);
        RandomAccess.SetLength(_errors, 0);
        Seek((int)_errors.DangerousGetHandle(), 0, 0);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_directory);
        for (var number = 0; number < _kept.Length; number++)
        {
            Replace(_kept[number], number);
            Close(_kept[number]);
        }

        _errors.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Replace(int descriptor, int number);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int descriptor, long offset, int whence);
}

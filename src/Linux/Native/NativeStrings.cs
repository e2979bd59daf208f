using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>An array of C strings that ends with a null pointer, as execve(2) takes it. Freed by its owner.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int _count;

    internal NativeStrings(IReadOnlyList<string> strings)
    {
        foreach (var text in strings)
        {
            if (text.Contains('\0'))
            {
                throw new ArgumentException($"\"{text.Replace("\0", "\\0")}\" contains a NUL character");
            }
        }

        _count = strings.Count;
        // SAFETY: one more entry than strings, zeroed, so the array always ends with a null pointer.
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)_count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < _count; i++)
        {
            Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }
    }

    internal byte** Pointer { get; private set; }

    public void Dispose()
    {
        if (Pointer == null)
        {
            return;
        }

        // SAFETY: the entries and the array were allocated by the constructor and are freed once.
        for (var i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointer[i]);
        }

        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}

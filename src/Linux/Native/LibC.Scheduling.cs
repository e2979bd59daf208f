using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sched_setaffinity(int tid, nuint length, ulong* mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sched_getaffinity(int tid, nuint length, ulong* mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, ulong argument2, ulong argument3, ulong argument4, ulong argument5);
}

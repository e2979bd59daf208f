using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sched_setaffinity(int tid, nuint length, ulong* mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sched_getaffinity(int tid, nuint length, ulong* mask);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long sched_setattr(long number, long tid, SchedulingAttributes* attributes, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long ioprio_set(long number, long which, long who, long priority);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prlimit(int pid, int resource, ResourceLimit* limit, ResourceLimit* previous);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prctl(int option, ulong argument2, ulong argument3, ulong argument4, ulong argument5);
}

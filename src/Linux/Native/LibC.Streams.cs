using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(PollEntry* entries, ulong count, int timeoutMs);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int shutdown(SafeHandle socket, int how);

    /// <summary>struct pollfd of poll.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Descriptor;
        internal short Events;
        internal short ReturnedEvents;
    }
}

using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>The C library's heap, which the runtime uses for its own small needs.</summary>
public static class NativeHeap
{
    // M_ARENA_MAX of malloc.h.
    private const int ArenaMax = -8;

    /// <summary>Makes the threads that begin from now on share one arena (mallopt(3)), instead of each touching pages of its own.</summary>
    public static void ShareArena() => _ = LibC.mallopt(ArenaMax, 1);
}

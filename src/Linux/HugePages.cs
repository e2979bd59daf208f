using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Transparent huge pages: the kernel's large pages for memory that a program marked for them (madvise(2), <c>MADV_HUGEPAGE</c>).</summary>
public static class HugePages
{
    /// <summary>Disables them for this process and the programs that it starts (prctl(2), <c>PR_SET_THP_DISABLE</c>), unless the kernel refuses.</summary>
    public static void Forgo() => _ = LibC.prctl(Constants.DisableHugePages, 1, 0, 0, 0);
}

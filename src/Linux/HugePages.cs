using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Transparent huge pages: how the kernel backs memory that a program asked to have in large pieces (madvise(2), <c>MADV_HUGEPAGE</c>).</summary>
public static class HugePages
{
    /// <summary>From now on neither this process nor a program that it starts gets any (prctl(2), <c>PR_SET_THP_DISABLE</c>), unless the kernel refuses.</summary>
    public static void Forgo() => _ = LibC.prctl(Constants.DisableHugePages, 1, 0, 0, 0);
}

using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>Limits this process to a number of further descriptors, until disposed. The limit is process-wide: such a test runs alone.</summary>
public sealed class DescriptorShortage : IDisposable
{
    private readonly (ulong Soft, ulong Hard) _before = ProcessLimits.Get(0, ProcessResource.OpenFiles);

    public DescriptorShortage(int left = 0)
    {
        // Numbers are given lowest first, and there may be gaps between those in use.
        var next = Enumerable.Range(0, left + 1).Select(_ => Descriptors.Open("/dev/null", OpenFlags.ReadOnly)).ToArray();
        var firstRefused = (ulong)next[^1].DangerousGetHandle();
        Array.ForEach(next, descriptor => descriptor.Dispose());

        // Loads the code that describes the failure, while that is possible.
        _ = new LinuxException(Errno.EMFILE, "open", "descriptor").Message;
        ProcessLimits.Set(0, ProcessResource.OpenFiles, firstRefused, _before.Hard);
    }

    public void Dispose() => ProcessLimits.Set(0, ProcessResource.OpenFiles, _before.Soft, _before.Hard);
}

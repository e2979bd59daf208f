using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>This process can open no more than a number of further descriptors, until this is disposed. Of the whole process: such a test runs alone.</summary>
public sealed class DescriptorShortage : IDisposable
{
    private readonly (ulong Soft, ulong Hard) _before = ProcessLimits.Get(0, ProcessResource.OpenFiles);

    public DescriptorShortage(int left = 0)
    {
        ulong lowestFree;
        using (var next = Descriptors.Open("/dev/null", OpenFlags.ReadOnly))
        {
            lowestFree = (ulong)next.DangerousGetHandle();
        }

        // What the failure needs to be described is loaded while that is possible.
        _ = new LinuxException(Errno.EMFILE, "open", "descriptor").Message;
        ProcessLimits.Set(0, ProcessResource.OpenFiles, lowestFree + (ulong)left, _before.Hard);
    }

    public void Dispose() => ProcessLimits.Set(0, ProcessResource.OpenFiles, _before.Soft, _before.Hard);
}

using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>This process can open no more than a number of further descriptors, until this is disposed. Of the whole process: such a test runs alone.</summary>
public sealed class DescriptorShortage : IDisposable
{
    private readonly OpenFileLimit _before = OpenFileLimit.Own;

    public DescriptorShortage(int left = 0)
    {
        ulong lowestFree;
        using (var next = Descriptors.Open("/dev/null", OpenFlags.ReadOnly))
        {
            lowestFree = (ulong)next.DangerousGetHandle();
        }

        // What the failure needs to be described is loaded while that is possible.
        _ = new LinuxException(Errno.EMFILE, "open", "descriptor").Message;
        OpenFileLimit.Own = _before with { Soft = lowestFree + (ulong)left };
    }

    public void Dispose() => OpenFileLimit.Own = _before;
}

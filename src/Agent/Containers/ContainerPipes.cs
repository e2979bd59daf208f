using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>The agent's ends of a container's pipes.</summary>
internal sealed record ContainerPipes(SafeFileHandle Stdin, SafeFileHandle Stdout, SafeFileHandle Stderr, SafeFileHandle Steps, SafeFileHandle Report) : IDisposable
{
    public void Dispose()
    {
        Stdin.Dispose();
        Stdout.Dispose();
        Stderr.Dispose();
        Steps.Dispose();
        Report.Dispose();
    }
}

using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>The agent's ends of the pipes of a container's process.</summary>
internal sealed record ContainerPipes(SafeFileHandle Stdin, SafeFileHandle Stdout, SafeFileHandle Stderr, SafeFileHandle Steps, SafeFileHandle Report) : IDisposable
{
    /// <summary>Closes the pipes that serve the start only.</summary>
    internal void CloseSetup()
    {
        Steps.Dispose();
        Report.Dispose();
    }

    public void Dispose()
    {
        Stdin.Dispose();
        Stdout.Dispose();
        Stderr.Dispose();
        CloseSetup();
    }
}

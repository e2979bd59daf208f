using System.Diagnostics;

namespace KataActors.Network.Tests;

/// <summary>A process that lives in a network namespace until it is disposed of.</summary>
internal sealed class ProcessIn : IDisposable
{
    private readonly Process _process;

    internal ProcessIn(TestNamespace place) => _process = place.In(() => Process.Start("sleep", ["300"]));

    internal int Id => _process.Id;

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

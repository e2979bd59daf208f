using System.Globalization;

namespace KataActors.Bench;

/// <summary>A folder of this run for everything that it makes, removed at its end, and names that nothing else on the machine has.</summary>
internal sealed class Workspace : IDisposable
{
    private int _count;

    public string Path { get; } = Directory.CreateTempSubdirectory("kata-actors-bench.").FullName;

    /// <summary>A path that nothing has yet.</summary>
    public string NewPath(string name) => System.IO.Path.Combine(Path, $"{name}-{Next()}");

    /// <summary>A container id.</summary>
    public string NewId() => string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}-{Next()}");

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private int Next() => Interlocked.Increment(ref _count);
}

namespace KataActors.TestSupport;

/// <summary>A fresh directory with a short path, for sockets; removed with its content.</summary>
public sealed class TempDirectory : IDisposable
{
    /// <summary>Its absolute path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("ka-").FullName;

    /// <summary>The path of an entry.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

namespace KataActors.Runtime.Factory;

/// <summary>Tells at the cost of a look whether a file is still the one that was read: size and time of its last change.</summary>
internal readonly record struct FileStamp(string Path, long Length, DateTime ChangedUtc)
{
    /// <summary>The stamp of a file now; a length of -1 when there is none.</summary>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(path, file.Length, file.LastWriteTimeUtc) : new FileStamp(path, -1, default);
    }

    /// <summary>Whether nothing has changed.</summary>
    public bool StillHolds() => Of(Path) == this;
}

namespace KataActors.Runtime.Factory;

/// <summary>Size and time of the last change of a file, for a cheap check that it has not changed since it was read.</summary>
internal readonly record struct FileStamp(string Path, long Length, DateTime ChangedUtc)
{
    /// <summary>The present stamp of a file; a length of -1 for a missing one.</summary>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(path, file.Length, file.LastWriteTimeUtc) : new FileStamp(path, -1, default);
    }

    /// <summary>Whether the file is unchanged.</summary>
    public bool StillHolds() => Of(Path) == this;
}

using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The folder that the template is in: <c>current</c> holds it whole or is not there; a <c>making-UUID</c> is unfinished work, whose VM bears that
/// uuid, and is nobody's once its maker is gone.
/// </summary>
internal sealed record TemplateFiles(string Folder)
{
    /// <summary>Of a file while the template is made.</summary>
    public const uint FileMode = 0b110_000_000;

    private const string MakingPrefix = "making-";

    /// <summary>The finished template.</summary>
    public VmTemplate Current => new(Path.Combine(Folder, "current"), TemplateUse.Clone);

    /// <summary>Its manifest.</summary>
    public string Manifest => ManifestIn(Current.Directory);

    /// <summary>The manifest in a template's directory.</summary>
    public static string ManifestIn(string directory) => Path.Combine(directory, "manifest.json");

    /// <summary>Where a VM becomes a template.</summary>
    public VmTemplate Making(Guid uuid) => new(Path.Combine(Folder, MakingPrefix + uuid.ToString("D")), TemplateUse.Make);

    /// <summary>Makes the directory of a template to be.</summary>
    public VmTemplate BeginMaking(Guid uuid)
    {
        var making = Making(uuid);
        OwnFolder.OpenOrCreate(making.Directory).Dispose();
        return making;
    }

    /// <summary>Writes what is complete through to its file system, and then gives it its name; the one before is gone.</summary>
    public void Commit(Guid uuid)
    {
        var making = Making(uuid).Directory;
        foreach (var file in Directory.EnumerateFiles(making))
        {
            using var handle = RegularFile.Open(file, OpenFlags.ReadWrite | OpenFlags.NoFollow);
            RandomAccess.FlushToDisk(handle);
            File.SetUnixFileMode(handle, UnixFileMode.UserRead);
        }

        Remove();
        Directory.Move(making, Current.Directory);
    }

    /// <summary>Removes the template. VMs that were cloned keep their memory.</summary>
    /// <returns>False when there was none.</returns>
    public bool Remove() => FolderTree.Remove(Current.Directory);

    /// <summary>The unfinished work that is there.</summary>
    public IReadOnlyList<Guid> Unfinished() => !KernelFiles.Exists(Folder)
        ? []
        : [.. Directory.EnumerateDirectories(Folder, MakingPrefix + "*")
            .Select(directory => Guid.TryParse(Path.GetFileName(directory)[MakingPrefix.Length..], out var uuid) ? uuid : Guid.Empty)
            .Where(uuid => uuid != Guid.Empty)];

    /// <summary>Removes the folder when nothing is in it.</summary>
    public void RemoveEmptyFolder()
    {
        if (Directory.Exists(Folder) && !Directory.EnumerateFileSystemEntries(Folder).Any())
        {
            Directory.Delete(Folder);
        }
    }
}

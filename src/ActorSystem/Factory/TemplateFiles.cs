using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The folder of the template: <c>current</c> is a whole template or missing; <c>making-UUID</c> is unfinished work of the VM with that uuid, and
/// obsolete without its maker.
/// </summary>
internal sealed record TemplateFiles(string Folder)
{
    /// <summary>Mode of a file while the template is made.</summary>
    public const uint FileMode = 0b110_000_000;

    private const string MakingPrefix = "making-";

    /// <summary>The finished template.</summary>
    public VmTemplate Current => new(Path.Combine(Folder, "current"), TemplateUse.Clone);

    /// <summary>Its manifest.</summary>
    public string Manifest => ManifestIn(Current.Directory);

    /// <summary>The manifest in a template's directory.</summary>
    public static string ManifestIn(string directory) => Path.Combine(directory, "manifest.json");

    /// <summary>The template that a VM is going to become.</summary>
    public VmTemplate Making(Guid uuid) => new(Path.Combine(Folder, MakingPrefix + uuid.ToString("D")), TemplateUse.Make);

    /// <summary>Creates the directory of a new template.</summary>
    public VmTemplate BeginMaking(Guid uuid)
    {
        var making = Making(uuid);
        OwnFolder.OpenOrCreate(making.Directory).Dispose();
        return making;
    }

    /// <summary>Flushes the finished files, and then replaces the former template.</summary>
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

    /// <summary>Removes the template. Its clones keep their memory.</summary>
    /// <returns>False when there was none.</returns>
    public bool Remove() => FolderTree.Remove(Current.Directory);

    /// <summary>The VMs with unfinished work.</summary>
    public IReadOnlyList<Guid> Unfinished() => !KernelFiles.Exists(Folder)
        ? []
        : [.. Directory.EnumerateDirectories(Folder, MakingPrefix + "*")
            .Select(directory => Guid.TryParse(Path.GetFileName(directory)[MakingPrefix.Length..], out var uuid) ? uuid : Guid.Empty)
            .Where(uuid => uuid != Guid.Empty)];
}

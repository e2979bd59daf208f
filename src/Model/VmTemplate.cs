namespace KataActors.Model;

/// <summary>The files of a saved VM, and their use by a VM.</summary>
/// <param name="Directory">Absolute path of the directory that holds them; in memory (tmpfs), since the guest's memory is one of them.</param>
/// <param name="Use">Whether the VM writes them or starts from them.</param>
public sealed record VmTemplate(string Directory, TemplateUse Use)
{
    /// <summary>The guest's memory, sparse.</summary>
    public string MemoryFile => Path.Combine(Directory, "memory");

    /// <summary>The state of the devices.</summary>
    public string StateFile => Path.Combine(Directory, "state");
}

/// <summary>The use of a template's files by a VM.</summary>
public enum TemplateUse
{
    /// <summary>Its memory is the new memory file, and the hypervisor writes the state when told to save it.</summary>
    Make,

    /// <summary>It begins with the saved state, on a private copy-on-write mapping of the memory file.</summary>
    Clone,
}

namespace KataActors.Hypervisor;

/// <summary>The files of a saved VM, and what a VM has to do with them.</summary>
/// <param name="Directory">Absolute path of the directory that holds them; in memory (tmpfs), since the guest's memory is one of them.</param>
/// <param name="Use">Whether they are made from this VM, or this VM from them.</param>
public sealed record VmTemplate(string Directory, TemplateUse Use)
{
    /// <summary>The guest's memory, sparse.</summary>
    public string MemoryFile => Path.Combine(Directory, "memory");

    /// <summary>The state of the devices.</summary>
    public string StateFile => Path.Combine(Directory, "state");
}

/// <summary>What a VM does with a template's files.</summary>
public enum TemplateUse
{
    /// <summary>Its memory is the new memory file, and <see cref="HypervisorProtocol.SaveTemplate"/> writes the state.</summary>
    Make,

    /// <summary>It begins with the saved state, on a private copy-on-write mapping of the memory file.</summary>
    Clone,
}

using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// Keeps a path in the kernel's memory, until execve(2) closes its descriptors: on a shared file system the kernel asks the host for each folder and link
/// on the way of a path that nothing holds. What the path leads to stays open to changes.
/// </summary>
internal sealed class HeldPath
{
    // The link, or the file itself, and what it leads to.
    private SafeFileHandle? _name;
    private SafeFileHandle? _file;

    /// <summary>Holds a path in place of an earlier one; false, and none, when nothing is there.</summary>
    internal bool TryHold(string path)
    {
        _name?.Dispose();
        _file?.Dispose();
        _name = Descriptors.TryOpen(path, OpenFlags.Path | OpenFlags.NoFollow);
        _file = _name is null ? null : Descriptors.TryOpen(path, OpenFlags.Path);
        return _file is not null;
    }
}

using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// Keeps the folder of a program in the kernel's memory, until execve(2) closes its descriptor: on a shared file system the kernel asks the host for each
/// part of a path that nothing holds. The program's own name is not held, so that a change of the file is seen.
/// </summary>
internal sealed class HeldFolder
{
    private SafeFileHandle? _folder;

    /// <summary>Holds the folder of a path in place of an earlier one; false, and none, when there is no such folder.</summary>
    internal bool TryHold(string path)
    {
        _folder?.Dispose();
        _folder = Descriptors.TryOpen(path[..(path.LastIndexOf('/') + 1)], OpenFlags.Path);
        return _folder is not null;
    }
}

using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Oci;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Bundles;

/// <summary>
/// The container's program, looked up in its root filesystem before there is a container, as runc does at <c>create</c>: callers take the exit codes 126 and 127
/// from this failure. What only the guest can know is left to it, and fails at <c>start</c>: programs below a mount of the spec, and rights of the process's user.
/// </summary>
internal static class ProgramLookup
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="CommandFailure">There is certainly no such program.</exception>
    public static void Demand(RuntimeSpec spec, SafeFileHandle rootfs)
    {
        try
        {
            Look(spec, new RootedWalk(new RootedPath(rootfs)));
        }
        catch (LinuxException)
        {
            // The guest may read it.
        }
    }

    private static void Look(RuntimeSpec spec, RootedWalk walk)
    {
        // Without a mount on /dev the guest puts one there.
        var mounted = spec.Mounts.Select(mount => mount.Destination!).Append("/dev").Select(path => walk.Follow(path, _ => false).Place).ToHashSet();
        if (mounted.Contains(""))
        {
            return;
        }

        var (name, error) = (spec.Process!.Args[0], Errno.ENOENT);
        foreach (var path in ExecutableSearch.Candidates(name, spec.Process.Env))
        {
            var end = walk.Follow(path.StartsWith('/') ? path : $"{spec.Process.Cwd}/{path}", mounted.Contains);
            error = end.Error != 0 ? end.Error : Judge(end);
            if (error == 0)
            {
                return;
            }
        }

        var failure = ExecutableSearch.Failure(name, error);
        throw new CommandFailure($"unable to start container process: {failure.Message}", cause: failure);
    }

    private static int Judge(RootedWalk.End end) =>
        end.IsHidden ? 0
        : end.Status is null or { Kind: FileKind.Directory } ? Errno.EISDIR
        : (end.Status.Value.Permissions & Executable) == 0 ? Errno.EACCES
        : 0;
}

using KataActors.Linux.Guest;

namespace KataActors.Linux;

/// <summary>
/// Follows a path inside a root step by step, and so tells which places it passes. Each step is resolved inside the root (<see cref="RootedPath"/>): a change
/// at the same time can make the answer wrong, but never leads out of the root.
/// </summary>
public sealed class RootedWalk(RootedPath root)
{
    private const int MostLinks = 40;

    /// <summary>The end of a walk.</summary>
    /// <param name="Place">Its path without symbolic links; the part that does not exist is taken as written.</param>
    /// <param name="Error">Why there is nothing, an error number; 0 when there is something.</param>
    /// <param name="Status">What is there.</param>
    /// <param name="IsHidden">The walk ended at a place where something else will be.</param>
    public readonly record struct End(string Place, int Error, FileStatus? Status, bool IsHidden);

    /// <summary>Follows <paramref name="path"/>, which starts at the root, up to its end or to a place that <paramref name="hides"/> names.</summary>
    /// <exception cref="LinuxException">The file system cannot be read.</exception>
    public End Follow(string path, Predicate<string> hides)
    {
        var (place, error, links) = ("", 0, 0);
        FileStatus? status = null;
        var names = new Stack<string>();
        Push(names, path);
        while (names.TryPop(out var name))
        {
            if (name == "..")
            {
                place = place[..Math.Max(0, place.LastIndexOf('/'))];
                continue;
            }

            place = $"{place}/{name}";
            if (hides(place))
            {
                return new End(place, 0, null, IsHidden: true);
            }

            (status, error, var target) = error == 0 ? Look(place) : (null, error, null);
            if (target is not null)
            {
                if (++links > MostLinks)
                {
                    return new End(place, Errno.ELOOP, null, IsHidden: false);
                }

                place = target.StartsWith('/') ? "" : place[..place.LastIndexOf('/')];
                Push(names, target);
            }
        }

        return new End(place, error, status, IsHidden: false);
    }

    private (FileStatus? Status, int Error, string? LinkTarget) Look(string place)
    {
        try
        {
            using var file = root.TryOpenLink(place);
            if (file is null)
            {
                return (null, Errno.ENOENT, null);
            }

            var status = FileStatus.Of(file);
            return (status, 0, status.Kind == FileKind.SymbolicLink ? RootedPath.ReadLink(file, "") : null);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOTDIR or Errno.ENAMETOOLONG)
        {
            return (null, failure.Errno, null);
        }
    }

    private static void Push(Stack<string> names, string path)
    {
        foreach (var name in path.Split('/').Reverse().Where(name => name is not ("" or ".")))
        {
            names.Push(name);
        }
    }
}

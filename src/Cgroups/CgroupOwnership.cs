using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>
/// The ownership of groups. A group is marked as the sandbox's right after it was made. Until then the parent group carries the intent to make it, so
/// that after a crash in between the next daemon recognises the empty group as its own.
/// </summary>
internal sealed class CgroupOwnership(ICgroupFileSystem files, CgroupLayout layout, Guid owner)
{
    private const string OwnerMark = "trusted.kata-actors.owner";

    private readonly bool _marks = owner != Guid.Empty;
    private readonly string _owner = owner.ToString();
    private readonly string _intentMark = $"trusted.kata-actors.making.{owner:N}";

    /// <summary>Checks, before anything is made, whether one of the sandbox's outer groups can be made.</summary>
    /// <exception cref="CgroupException">The group exists and is not the sandbox's, or would be in another sandbox's.</exception>
    internal void Check(string group, bool exists)
    {
        if (_marks && layout.Above(group).FirstOrDefault(above => files.ReadMark(above, OwnerMark) is not null) is { } other)
        {
            throw new CgroupException(FailureCode.FailedPrecondition, $"cgroup \"{group}\" would be in \"{other}\", which is another sandbox's");
        }

        if (exists && !Owns(group))
        {
            throw Taken(group);
        }
    }

    /// <summary>Makes one of the sandbox's outer groups.</summary>
    /// <exception cref="CgroupException">A group of that name exists and is not the sandbox's.</exception>
    internal void Make(string group)
    {
        if (!_marks)
        {
            files.MakeDirectory(group);
            return;
        }

        if (IsMarked(group))
        {
            return;
        }

        var parent = Path.GetDirectoryName(group)!;
        var wasBegun = WasBegun(group);
        files.SetMark(parent, _intentMark, Path.GetFileName(group));
        if (!files.MakeDirectory(group) && !wasBegun)
        {
            files.RemoveMark(parent, _intentMark);
            throw Taken(group);
        }

        files.SetMark(group, OwnerMark, _owner);
        files.RemoveMark(parent, _intentMark);
    }

    /// <summary>Whether the group may be removed with the sandbox.</summary>
    internal bool Owns(string group) => !_marks || IsMarked(group) || WasBegun(group);

    /// <summary>Whether the group has an owner's mark.</summary>
    internal bool IsMarkedAtAll(string group) => files.ReadMark(group, OwnerMark) is not null;

    /// <summary>The group is gone, or another's.</summary>
    internal void Forget(string group)
    {
        if (_marks)
        {
            files.RemoveMark(Path.GetDirectoryName(group)!, _intentMark);
        }
    }

    private static CgroupException Taken(string group) => new(
        FailureCode.FailedPrecondition, $"cgroup \"{group}\" exists already and was not made for this sandbox: it is neither used nor removed");

    private bool IsMarked(string group) => files.ReadMark(group, OwnerMark) == _owner;

    // A group with a process or a subgroup is not our own unfinished work.
    private bool WasBegun(string group)
    {
        try
        {
            return files.ReadMark(Path.GetDirectoryName(group)!, _intentMark) == Path.GetFileName(group)
                && files.ReadMark(group, OwnerMark) is null
                && files.Subdirectories(group).Count == 0
                && files.Read(Path.Combine(group, "cgroup.procs")).Length == 0;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ENODEV or Errno.EOPNOTSUPP)
        {
            return false;
        }
    }
}

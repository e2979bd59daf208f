using System.Collections.Immutable;
using System.Globalization;
using KataActors.Cgroups.Controllers;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>The groups of one sandbox in one hierarchy. Holds no state but the layout: all values are read from the kernel each time.</summary>
internal abstract class CgroupTree(ICgroupFileSystem files, CgroupLayout layout, Guid owner)
{
    private const string ProcessesFile = "cgroup.procs";

    internal CgroupLayout Layout { get; } = layout;

    /// <summary>The hierarchy's controllers that limit something.</summary>
    internal abstract ImmutableSortedDictionary<string, IController> Controllers { get; }

    protected ICgroupFileSystem Files { get; } = files;

    protected ControlFiles Controls { get; } = new(files);

    protected CgroupOwnership Ownership { get; } = new(files, layout, owner);

    /// <summary>Threads of a group, moved one by one.</summary>
    protected abstract string ThreadsFile { get; }

    /// <summary>The group into which a whole process comes first.</summary>
    protected abstract string Entrance { get; }

    /// <summary>Checks whether the groups may be made, or are the sandbox's already.</summary>
    /// <exception cref="CgroupException">One of them belongs to another owner.</exception>
    internal void CheckOwner()
    {
        foreach (var top in Layout.Tops)
        {
            Ownership.Check(top, Controls.TryRead(top, ThreadsFile) is not null);
        }
    }

    /// <summary>Makes the missing groups.</summary>
    internal abstract void Make();

    /// <summary>Moves a whole process in unless it is here. Moving only its threads is not possible in every hierarchy.</summary>
    internal void Enter(int pid, IReadOnlyList<int> threads)
    {
        var inside = Layout.Groups.SelectMany(group => Threads(group)).ToHashSet();
        if (!threads.Any(inside.Contains))
        {
            Move(pid, Entrance, ProcessesFile);
        }
    }

    /// <summary>
    /// Puts each of these threads, whose process is here already, into its group. One by one: moving the process would take the vCPUs out of their
    /// limit for a moment.
    /// </summary>
    /// <returns>The threads that could not be moved, because their process is not here: it may just be ending.</returns>
    internal IReadOnlyList<int> Place(IEnumerable<int> tids, ImmutableArray<int> vcpuTids)
    {
        var outside = new List<int>();
        var members = Layout.Groups.ToDictionary(group => group, group => Threads(group).ToHashSet());
        foreach (var tid in tids)
        {
            var group = vcpuTids.Contains(tid) ? Layout.Vcpu : Layout.Others;
            try
            {
                if (!members[group].Contains(tid))
                {
                    Move(tid, group, ThreadsFile);
                }
            }
            catch (LinuxException failure) when (failure.Errno == Errno.EOPNOTSUPP)
            {
                // The error of a threaded group for threads of another domain.
                outside.Add(tid);
            }
        }

        return outside;
    }

    /// <summary>The groups that exist.</summary>
    internal IEnumerable<string> Existing() => Layout.Groups.Where(group => Controls.TryRead(group, ThreadsFile) is not null);

    /// <summary>The threads in a group; none when it does not exist.</summary>
    internal ImmutableArray<int> Threads(string group) => Numbers(group, ThreadsFile);

    /// <summary>Empties and removes the groups. Null when all are gone, else the obstacle, which may be temporary.</summary>
    /// <param name="unmarkedToo">An unmarked group counts as the sandbox's own.</param>
    internal LinuxException? Remove(bool unmarkedToo) => Layout.Tops.Select(top => RemoveOwn(top, unmarkedToo)).Aggregate((first, second) => first ?? second);

    /// <summary>Moves all processes out of a group.</summary>
    protected abstract void Empty(string group);

    protected ImmutableArray<int> Processes(string group) => Numbers(group, ProcessesFile);

    protected void MoveProcess(int pid, string group) => Move(pid, group, ProcessesFile);

    protected void MoveThread(int tid, string group) => Move(tid, group, ThreadsFile);

    private LinuxException? RemoveOwn(string group, bool unmarkedToo)
    {
        var obstacle = Ownership.Owns(group) || (unmarkedToo && !Ownership.IsMarkedAtAll(group)) ? Remove(group) : null;
        if (obstacle is null)
        {
            Ownership.Forget(group);
        }

        return obstacle;
    }

    private LinuxException? Remove(string group)
    {
        Empty(group);
        var obstacle = Files.Subdirectories(group).Select(Remove).Aggregate(default(LinuxException), (first, second) => first ?? second);
        if (obstacle is not null)
        {
            return obstacle;
        }

        try
        {
            Files.RemoveDirectory(group);
            return null;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EBUSY or Errno.ENOTEMPTY)
        {
            return failure;
        }
    }

    private void Move(int id, string group, string file)
    {
        try
        {
            Files.Write(Path.Combine(group, file), id.ToString(CultureInfo.InvariantCulture));
        }
        catch (LinuxException failure) when (failure.Errno == Errno.ESRCH)
        {
            // The process has just ended.
        }
    }

    private ImmutableArray<int> Numbers(string group, string file) =>
        [.. (Controls.TryRead(group, file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
}

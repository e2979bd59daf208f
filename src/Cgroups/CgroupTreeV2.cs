using System.Collections.Immutable;
using KataActors.Cgroups.Controllers;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>
/// A sandbox's groups in the v2 hierarchy. The sandbox's group is a threaded domain: memory and processes count there, while its threaded groups
/// divide CPU time among the threads of one process. The ancestor groups hold no processes.
/// </summary>
internal sealed class CgroupTreeV2(ICgroupFileSystem files, CgroupMount mount, CgroupLayout layout, Guid owner) : CgroupTree(files, layout, owner)
{
    private const string TypeFile = "cgroup.type";
    private const string Threaded = "threaded";
    private const string EnabledFile = "cgroup.subtree_control";
    private const string Cpu = "cpu";

    private static readonly ImmutableSortedSet<string> s_wanted = [Cpu, "cpuset", "memory", "pids", "io"];

    private ImmutableSortedSet<string> _available = mount.Controllers;

    internal override ImmutableSortedDictionary<string, IController> Controllers => _available
        .Select(name => (Name: name, Controller: Controller(name)))
        .Where(entry => entry.Controller is not null)
        .ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Controller!);

    protected override string ThreadsFile => "cgroup.threads";

    protected override string Entrance => Layout.Sandbox;

    internal override void Make()
    {
        EnableAll(Layout.Mount);
        foreach (var above in Layout.Above(Layout.Sandbox).Reverse().Skip(1))
        {
            Files.MakeDirectory(above);
            EnableAll(above);
        }

        Ownership.Make(Layout.Sandbox);
        foreach (var inner in Layout.Groups.Skip(1))
        {
            Files.MakeDirectory(inner);
            Controls.Set(inner, TypeFile, Threaded, $"group \"{inner}\" cannot be threaded");
        }

        if (Layout.Groups.Length > 1)
        {
            // Only now: a group with threaded subgroups may enable controllers and still hold processes.
            Enable(Layout.Sandbox, Cpu);
        }
    }

    protected override void Empty(string group)
    {
        foreach (var pid in ProcessesOf(group))
        {
            MoveOut(pid);
        }
    }

    // The processes of a threaded group are listed, and move, with its domain group.
    private ImmutableArray<int> ProcessesOf(string group)
    {
        try
        {
            return Processes(group);
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EOPNOTSUPP)
        {
            return [];
        }
    }

    // The parent is not a leaf and may hold no processes. The daemon's own group holds one already, so it may.
    private void MoveOut(int pid)
    {
        try
        {
            MoveProcess(pid, OwnGroup());
        }
        catch (LinuxException)
        {
            MoveProcess(pid, Layout.Mount);
        }
    }

    private string OwnGroup()
    {
        var group = Files.OwnUnifiedGroup() ?? "/";
        var inside = mount.Root != "/" && group.StartsWith(mount.Root, StringComparison.Ordinal) ? group[mount.Root.Length..] : group;
        return inside.Contains("..") ? Layout.Mount : Path.Combine(Layout.Mount, inside.TrimStart('/'));
    }

    private void EnableAll(string group)
    {
        foreach (var controller in s_wanted.Intersect(_available))
        {
            try
            {
                Enable(group, controller);
            }
            catch (LinuxException) when (controller != Cpu)
            {
                _available = _available.Remove(controller);
            }
        }
    }

    private void Enable(string group, string controller)
    {
        if (!(Controls.TryRead(group, EnabledFile) ?? "").Split(' ').Contains(controller))
        {
            Files.Write(Path.Combine(group, EnabledFile), $"+{controller}");
        }
    }

    private IController? Controller(string name) => name switch
    {
        Cpu => new CpuV2(Controls, Layout),
        "cpuset" => new CpusetV2(Controls, Layout),
        "memory" => Memory.V2(Controls, Layout),
        "pids" => new Pids(Controls, Layout),
        _ => null,
    };
}

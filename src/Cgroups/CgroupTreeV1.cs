using System.Collections.Immutable;
using KataActors.Cgroups.Controllers;

namespace KataActors.Cgroups;

/// <summary>A sandbox's groups in a v1 hierarchy, which may have one controller or several.</summary>
internal sealed class CgroupTreeV1 : CgroupTree
{
    internal CgroupTreeV1(ICgroupFileSystem files, CgroupMount mount, CgroupLayout layout, Guid owner)
        : base(files, layout, owner) =>
        Controllers = mount.Controllers
            .Select(name => (Name: name, Controller: Controller(name)))
            .Where(entry => entry.Controller is not null)
            .ToImmutableSortedDictionary(entry => entry.Name, entry => entry.Controller!);

    internal override ImmutableSortedDictionary<string, IController> Controllers { get; }

    protected override string ThreadsFile => "tasks";

    protected override string Entrance => Layout.Others;

    internal override void Make()
    {
        foreach (var group in Layout.Groups.SelectMany(group => Layout.Above(group).Reverse().Skip(1).Append(group)).Distinct())
        {
            if (Layout.Tops.Contains(group))
            {
                Ownership.Make(group);
            }
            else
            {
                Files.MakeDirectory(group);
            }
        }
    }

    protected override void Empty(string group)
    {
        foreach (var tid in Threads(group))
        {
            MoveThread(tid, Layout.Parent);
        }
    }

    private IController? Controller(string name) => name switch
    {
        "cpu" => new CpuV1(Controls, Layout),
        "cpuset" => new CpusetV1(Controls, Layout),
        "memory" => Memory.V1(Controls, Layout),
        "pids" => new Pids(Controls, Layout),
        _ => null,
    };
}

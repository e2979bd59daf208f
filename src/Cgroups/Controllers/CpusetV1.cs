namespace KataActors.Cgroups.Controllers;

/// <summary>
/// The v1 controller <c>cpuset</c>. A fresh group has neither CPUs nor memory nodes and takes no task until it has both. A group's set lies
/// within that of its parent.
/// </summary>
internal sealed class CpusetV1(ControlFiles files, CgroupLayout layout) : IController
{
    public void Check(ResourceRequest request)
    {
        foreach (var (resource, file, wanted) in Cpuset.Sets(request))
        {
            Check(resource, file, wanted);
        }
    }

    public void Set(ResourceRequest request)
    {
        foreach (var (_, file, wanted) in Cpuset.Sets(request))
        {
            Set(file, wanted);
        }
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status) =>
        status with { Cpus = files.TryRead(layout.Sandbox, Cpuset.CpusFile) ?? "" };

    private void Check(string resource, string file, CpuList wanted)
    {
        var (group, allowed) = layout.Above(layout.Sandbox).Select(above => (above, ReadList(above, file))).FirstOrDefault(above => !above.Item2.IsEmpty);
        if (group is not null)
        {
            Cpuset.CheckWithin(group, allowed, layout, resource, wanted);
        }
    }

    private void Set(string file, CpuList wanted)
    {
        foreach (var above in layout.Above(layout.Sandbox).Concat(layout.Above(layout.Others)).Distinct().OrderBy(group => group.Length))
        {
            FillIfEmpty(above, file);
        }

        if (layout.Others != layout.Sandbox)
        {
            FillIfEmpty(layout.Others, file);
        }

        var inherited = ReadList(layout.Parent, file);
        var target = wanted.IsEmpty ? inherited : wanted;
        if (layout.Vcpu != layout.Sandbox)
        {
            // The union of both sets, while the inner group changes.
            Write(layout.Sandbox, file, target.With(ReadList(layout.Vcpu, file)));
            Write(layout.Vcpu, file, target);
        }

        Write(layout.Sandbox, file, target);
    }

    private void FillIfEmpty(string group, string file)
    {
        if (group != layout.Mount && ReadList(group, file).IsEmpty)
        {
            Write(group, file, ReadList(Path.GetDirectoryName(group)!, file));
        }
    }

    private void Write(string group, string file, CpuList list) =>
        files.Set(group, file, list.ToString(), $"{file} {list} of \"{group}\" is refused");

    private CpuList ReadList(string group, string file) => CpuList.Parse(files.TryRead(group, file) ?? "");
}

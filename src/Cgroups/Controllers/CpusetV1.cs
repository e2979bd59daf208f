namespace KataActors.Cgroups.Controllers;

/// <summary>
/// The v1 controller <c>cpuset</c>. A fresh group has neither CPUs nor memory nodes and takes no task until it has both. A group's set lies
/// within that of its parent.
/// </summary>
internal sealed class CpusetV1(ControlFiles files, CgroupLayout layout) : IController
{
    private const string CpusFile = "cpuset.cpus";
    private const string NodesFile = "cpuset.mems";

    public void Check(ResourceRequest request)
    {
        Check("cpus", CpusFile, request.Limits.Cpus);
        Check("memory nodes", NodesFile, request.Limits.MemoryNodes);
    }

    public void Set(ResourceRequest request)
    {
        Set(CpusFile, request.Limits.Cpus);
        Set(NodesFile, request.Limits.MemoryNodes);
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status) =>
        status with { Cpus = files.TryRead(layout.Sandbox, CpusFile) ?? "" };

    private void Check(string resource, string file, CpuList wanted)
    {
        var (group, allowed) = layout.Above(layout.Sandbox).Select(above => (above, ReadList(above, file))).FirstOrDefault(above => !above.Item2.IsEmpty);
        if (group is not null && !wanted.IsWithin(allowed))
        {
            throw new CgroupException(
                FailureCode.FailedPrecondition, $"{resource} {wanted} of \"{layout.Sandbox}\" are not all among {allowed}, which \"{group}\" allows");
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

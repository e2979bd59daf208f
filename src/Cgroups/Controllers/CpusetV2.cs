namespace KataActors.Cgroups.Controllers;

/// <summary>The v2 controller <c>cpuset</c>. An empty set means that of the parent group; CPUs outside of the parent's set would be dropped silently.</summary>
internal sealed class CpusetV2(ControlFiles files, CgroupLayout layout) : IController
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
        status with { Cpus = files.TryRead(layout.Sandbox, $"{Cpuset.CpusFile}.effective") ?? "" };

    private void Check(string resource, string file, CpuList wanted)
    {
        var (group, allowed) = Allowed(file);
        Cpuset.CheckWithin(group, allowed, layout, resource, wanted);
    }

    private void Set(string file, CpuList wanted)
    {
        if (wanted.IsEmpty && files.TryRead(layout.Sandbox, file) == "")
        {
            return;
        }

        // Before Linux 6.10 the set of a group with threads cannot be emptied again.
        var target = wanted.IsEmpty ? Allowed(file).List : wanted;
        files.Set(layout.Sandbox, file, target.ToString(), $"{file} {target} of \"{layout.Sandbox}\" is refused");
    }

    private (string Group, CpuList List) Allowed(string file) => layout.Above(layout.Sandbox)
        .Select(above => (above, files.TryRead(above, $"{file}.effective")))
        .Where(above => above.Item2 is not null)
        .Select(above => (above.above, CpuList.Parse(above.Item2!)))
        .FirstOrDefault((layout.Mount, CpuList.Empty));
}

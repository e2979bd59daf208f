namespace KataActors.Cgroups.Controllers;

/// <summary>The v2 controller <c>cpuset</c>. An empty set means that of the group above; one that is not within it would silently mean less.</summary>
internal sealed class CpusetV2(ControlFiles files, CgroupLayout layout) : IController
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
        Set(request, CpusFile, request.Limits.Cpus);
        Set(request, NodesFile, request.Limits.MemoryNodes);
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status) =>
        status with { Cpus = files.TryRead(layout.Sandbox, $"{CpusFile}.effective") ?? "" };

    private void Check(string what, string file, CpuList wanted)
    {
        foreach (var above in layout.Above(layout.Sandbox))
        {
            if (files.TryRead(above, $"{file}.effective") is { } allowed)
            {
                if (!wanted.IsWithin(CpuList.Parse(allowed)))
                {
                    throw new CgroupException(
                        CgroupFailureKind.FailedPrecondition,
                        $"{what} {wanted} of \"{layout.Sandbox}\" are not all among {allowed}, which \"{above}\" allows");
                }

                return;
            }
        }
    }

    // A line's end alone empties the set.
    private void Set(ResourceRequest request, string file, CpuList wanted)
    {
        if (!request.Leaves(file) && files.TryRead(layout.Sandbox, file) != wanted.ToString())
        {
            files.Set(layout.Sandbox, file, wanted.IsEmpty ? "\n" : wanted.ToString(), $"{file} {wanted} of \"{layout.Sandbox}\" is refused");
        }
    }
}

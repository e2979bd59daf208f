namespace KataActors.Cgroups.Controllers;

/// <summary>What the controller <c>cpuset</c> has in both versions: a file of CPUs, a file of memory nodes, and the bound of the groups above.</summary>
internal static class Cpuset
{
    public const string CpusFile = "cpuset.cpus";

    private const string NodesFile = "cpuset.mems";

    /// <summary>The sets that a request asks for, each with its file and its name in errors.</summary>
    public static (string Resource, string File, CpuList Wanted)[] Sets(ResourceRequest request) =>
        [("cpus", CpusFile, request.Limits.Cpus), ("memory nodes", NodesFile, request.Limits.MemoryNodes)];

    /// <summary>Fails when a group above does not allow all of a set.</summary>
    /// <exception cref="CgroupException">It names the group and what it allows.</exception>
    public static void CheckWithin(string above, CpuList allowed, CgroupLayout layout, string resource, CpuList wanted)
    {
        if (!wanted.IsWithin(allowed))
        {
            throw new CgroupException(
                FailureCode.FailedPrecondition, $"{resource} {wanted} of \"{layout.Sandbox}\" are not all among {allowed}, which \"{above}\" allows");
        }
    }
}

namespace KataActors.Cgroups.Controllers;

/// <summary>The controller <c>pids</c>, the same in both versions: bounds the number of threads in the sandbox's own group and its subgroups.</summary>
internal sealed class Pids(ControlFiles files, CgroupLayout layout) : IController
{
    private const string LimitFile = "pids.max";

    public void Check(ResourceRequest request)
    {
    }

    public void Set(ResourceRequest request) => files.Set(layout.Sandbox, LimitFile, ControlFiles.LimitText(request.Limits.Threads));

    public CgroupProtocol.Status Read(CgroupProtocol.Status status) =>
        status with { ThreadLimit = files.TryReadNumber(layout.Sandbox, LimitFile) };
}

namespace KataActors.Cgroups.Controllers;

/// <summary>
/// The controller <c>memory</c>: a limit of the sandbox's own group, which includes all of its subgroups. The versions differ in names only.
/// </summary>
/// <param name="files">The control files.</param>
/// <param name="layout">The sandbox's groups.</param>
/// <param name="limitFile">The file with the limit.</param>
/// <param name="usageFile">The file with the memory in use.</param>
/// <param name="unlimited">The value for no limit.</param>
internal sealed class Memory(ControlFiles files, CgroupLayout layout, string limitFile, string usageFile, string unlimited) : IController
{
    internal static Memory V1(ControlFiles files, CgroupLayout layout) => new(files, layout, "memory.limit_in_bytes", "memory.usage_in_bytes", "-1");

    internal static Memory V2(ControlFiles files, CgroupLayout layout) => new(files, layout, "memory.max", "memory.current", "max");

    public void Check(ResourceRequest request)
    {
        RefuseLess(request, layout.Sandbox, request.Limits.MemoryBytes);
        foreach (var above in layout.Above(layout.Sandbox))
        {
            RefuseLess(request, above, files.TryReadNumber(above, limitFile));
        }
    }

    public void Set(ResourceRequest request)
    {
        if (files.TryReadNumber(layout.Sandbox, limitFile) != request.Limits.MemoryBytes)
        {
            var value = request.Limits.MemoryBytes is { } bytes ? ControlFiles.Text(bytes) : unlimited;
            files.Set(layout.Sandbox, limitFile, value, $"memory limit {value} of \"{layout.Sandbox}\" is refused");
        }
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status) => status with
    {
        MemoryLimitBytes = files.TryReadNumber(layout.Sandbox, limitFile),
        MemoryBytes = files.TryReadNumber(layout.Sandbox, usageFile) ?? 0,
    };

    private static void RefuseLess(ResourceRequest request, string group, long? limit)
    {
        if (limit < request.Limits.GuestMemoryBytes)
        {
            throw new CgroupException(
                FailureCode.FailedPrecondition,
                $"memory limit {limit} of \"{group}\" cannot hold the guest's memory, which is {request.Limits.GuestMemoryBytes} bytes");
        }
    }
}

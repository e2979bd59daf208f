namespace KataActors.Cgroups.Controllers;

/// <summary>Files of the v2 group that the specification names itself (<c>linux.resources.unified</c>).</summary>
internal sealed class Unified(ControlFiles files, CgroupLayout layout) : IController
{
    public void Check(ResourceRequest request)
    {
        foreach (var file in request.Limits.Unified.Keys)
        {
            if (!IsName(file))
            {
                throw new CgroupException(FailureCode.InvalidArgument, $"\"{file}\" is not a file of a resource controller");
            }
        }
    }

    public void Set(ResourceRequest request)
    {
        foreach (var (file, value) in request.Limits.Unified)
        {
            files.Set(layout.Sandbox, file, value, $"\"{value}\" for \"{file}\" is refused");
        }
    }

    public CgroupProtocol.Status Read(CgroupProtocol.Status status) => status;

    /// <summary>CONTROLLER.REST; files that begin with <c>cgroup.</c> are refused.</summary>
    internal static bool IsName(string file) =>
        file.Split('.') is { Length: > 1 } parts
        && parts[0] != "cgroup"
        && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_'));
}

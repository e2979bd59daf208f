using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>
/// What the factory has on this host, by its records: a look at the run directories of its VMs and at the folders of templates in the making, each named by the uuid of its
/// VM. QEMU and the cgroups need no look: their record is made before them and removed after them.
/// </summary>
/// <param name="RunDirectories">The VMs whose run directory is there.</param>
/// <param name="HalfMadeTemplates">The VMs that were to become the template, and whose folder is there.</param>
/// <param name="Problem">What could not be looked at, and why; null for nothing.</param>
internal sealed record HostLook(ImmutableArray<Guid> RunDirectories, ImmutableArray<Guid> HalfMadeTemplates, string? Problem)
{
    /// <summary>Looks.</summary>
    public static HostLook Take(FactoryDirectory directory, TemplateFiles template)
    {
        List<string> problems = [];
        var look = new HostLook(Try(directory.Left, problems), Try(template.Unfinished, problems), Problem: null);
        return problems.Count > 0 ? look with { Problem = string.Join("; ", problems) } : look;
    }

    /// <summary>A look that has failed.</summary>
    public static HostLook Failed(string problem) => new([], [], problem);

    private static ImmutableArray<Guid> Try(Func<IReadOnlyList<Guid>> list, List<string> problems)
    {
        try
        {
            return [.. list()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            problems.Add(e.Message);
            return [];
        }
    }
}

using System.Collections.Immutable;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The factory's records on this host: the run directories of its VMs, and the folders of unfinished templates, each named by the uuid of its VM.
/// QEMU and the cgroups need no look: their record is made before them and removed after them.
/// </summary>
/// <param name="RunDirectories">VMs with a run directory.</param>
/// <param name="HalfMadeTemplates">VMs with the folder of an unfinished template.</param>
/// <param name="Problem">Folders that could not be read, and why; null for none.</param>
internal sealed record HostLook(ImmutableArray<Guid> RunDirectories, ImmutableArray<Guid> HalfMadeTemplates, string? Problem)
{
    /// <summary>Reads the folders.</summary>
    public static HostLook Take(FactoryDirectory directory, TemplateFiles template)
    {
        List<string> problems = [];
        var look = new HostLook(Try(directory.Left, problems), Try(template.Unfinished, problems), Problem: null);
        return problems.Count > 0 ? look with { Problem = string.Join("; ", problems) } : look;
    }

    /// <summary>The result of a failed look.</summary>
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

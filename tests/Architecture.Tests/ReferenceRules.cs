using System.Xml.Linq;

namespace KataActors.Architecture.Tests;

/// <summary>Which project may use which: the arrows of the architecture, which run one way.</summary>
internal static class ReferenceRules
{
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Oci"] = [],
        ["Linux"] = [],
        ["Guest"] = [],
        ["Model"] = ["Oci", "Linux"],
        ["Protocol"] = ["Linux"],
        ["Hypervisor"] = ["Model", "Linux"],
        ["Cgroups"] = ["Model", "Linux"],
        ["Network"] = ["Model", "Linux"],
        ["Agent"] = ["Protocol", "Oci", "Linux"],
        ["Cli"] = ["Protocol", "Oci", "Linux"],
        ["Manual"] = ["Cli"],
        ["ActorSystem"] = ["Model", "Oci", "Linux", "Protocol", "Hypervisor", "Cgroups", "Network"],
    };

    /// <summary>One line for each reference of the project that breaks a rule.</summary>
    /// <param name="project">Path of the project file, relative to the checkout: <c>src/Folder/Name.csproj</c>.</param>
    /// <param name="xml">Its content.</param>
    public static IReadOnlyList<string> Violations(string project, string xml)
    {
        var folder = FolderOf(project);
        if (!s_allowed.TryGetValue(folder, out var allowed))
        {
            return [$"{project}: no rule says what \"{folder}\" may reference"];
        }

        return
        [
            .. XDocument.Parse(xml).Descendants()
                .Where(element => element.Name.LocalName == "ProjectReference")
                .Select(element => Resolve(project, element.Attribute("Include")?.Value ?? ""))
                .Where(target => !allowed.Contains(FolderOf(target)))
                .Select(target => $"{project} must not reference {target}"),
        ];
    }

    /// <summary>The packages of the actor framework that the project references.</summary>
    /// <param name="xml">The content of the project file.</param>
    public static IReadOnlyList<string> ActorPackages(string xml) =>
    [
        .. XDocument.Parse(xml).Descendants()
            .Where(element => element.Name.LocalName == "PackageReference")
            .Select(element => element.Attribute("Include")?.Value ?? "")
            .Where(package => package.StartsWith("Akka", StringComparison.Ordinal)),
    ];

    private static string Resolve(string project, string reference)
    {
        var root = Path.GetFullPath("/");
        var target = Path.GetFullPath(Path.Combine(root, Path.GetDirectoryName(project)!, reference.Replace('\\', '/')));
        return Path.GetRelativePath(root, target);
    }

    // src/Folder/...: the folder; whatever lies elsewhere keeps its whole path, which no rule allows.
    private static string FolderOf(string project) =>
        project.Split('/') is ["src", var folder, _, ..] ? folder : project;
}

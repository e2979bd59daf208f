using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace KataActors.Oci;

/// <summary>The whole spec: the specification's MUST and MUST NOT, and the features that this runtime refuses.</summary>
internal static class SpecValidator
{
    private const int MaxItems = 4096;
    private const int MaxHostname = 64;

    public static void Validate(RuntimeSpec spec)
    {
        CheckVersion(spec.OciVersion);
        ProcessValidator.Validate(spec.Process);
        CheckRoot(spec.Root);
        CheckName("hostname", spec.Hostname);
        CheckName("domainname", spec.Domainname);

        MountValidator.Validate(spec.Mounts);
        CheckBound("annotations", spec.Annotations.Count);
        foreach (var (key, value) in spec.Annotations)
        {
            if (key.Length == 0 || value is null)
            {
                throw SpecException.Invalid("annotations", key.Length == 0 ? "has an empty key" : $"has no value for {Quoted.Text(key)}");
            }
        }

        HooksValidator.Validate(spec.Hooks);
        LinuxValidator.Validate(spec);
    }

    /// <summary>Refuses lists that are too long or hold a null.</summary>
    public static void CheckList<T>(string field, IReadOnlyList<T> items, int max = MaxItems)
    {
        CheckBound(field, items.Count, max);
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is null)
            {
                throw SpecException.Invalid($"{field}[{i}]", "is null");
            }
        }
    }

    public static void CheckBound(string field, int count, int max = MaxItems)
    {
        if (count > max)
        {
            throw SpecException.Invalid(field, $"has {count} items, at most {max} are allowed");
        }
    }

    /// <summary>Refuses a text that is missing.</summary>
    public static void CheckPresent(string field, [NotNull] string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            throw SpecException.Invalid(field, "is missing or empty");
        }
    }

    /// <summary>Refuses a path that is missing or does not begin with a slash.</summary>
    public static void CheckAbsolute(string field, [NotNull] string? path)
    {
        CheckPresent(field, path);
        if (path[0] != '/')
        {
            throw SpecException.Invalid(field, $"{Quoted.Text(path)} is not an absolute path");
        }
    }

    private static void CheckName(string field, string? name)
    {
        if (Encoding.UTF8.GetByteCount(name ?? "") is > MaxHostname and var length)
        {
            throw SpecException.Invalid(field, $"has {length} bytes, at most {MaxHostname} are allowed");
        }
    }

    private static void CheckVersion(string? version)
    {
        CheckPresent("ociVersion", version);
        if (!SemanticVersion.IsValid(version))
        {
            throw SpecException.Invalid("ociVersion", $"{Quoted.Text(version)} is not a semantic version");
        }

        if (!version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw SpecException.Unsupported("ociVersion", $"{Quoted.Text(version)} is not supported: only 1.x is");
        }
    }

    private static void CheckRoot(RootSpec? root)
    {
        if (root is null)
        {
            throw SpecException.Invalid("root", "is missing");
        }

        CheckPresent("root.path", root.Path);
    }
}

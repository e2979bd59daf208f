using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>
/// A bundle's <c>config.json</c> (OCI runtime specification 1.x), as far as this runtime knows it. Lists and maps that are absent
/// or null in the file are empty here. Values come from <see cref="SpecParser"/> only, so they are validated.
/// </summary>
public sealed record RuntimeSpec
{
    public string? OciVersion { get; init; }

    public ProcessSpec? Process { get; init; }

    public RootSpec? Root { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    [AllowNull]
    public IReadOnlyList<MountSpec> Mounts { get => field ?? []; init; }

    public HooksSpec? Hooks { get; init; }

    [AllowNull]
    public IReadOnlyDictionary<string, string> Annotations { get => field ?? EmptyMap.Value; init; }

    public LinuxSpec? Linux { get; init; }
}

/// <summary>The container's root filesystem.</summary>
public sealed record RootSpec
{
    /// <summary>Absolute, or relative to the bundle.</summary>
    public string? Path { get; init; }

    public bool Readonly { get; init; }
}

/// <summary>One mount, in the order of the file.</summary>
public sealed record MountSpec
{
    /// <summary>As in the file; <see cref="Place"/> is where the mount appears.</summary>
    public string? Destination { get; init; }

    /// <summary>The destination as an absolute path: a relative one is taken from the container's root, as earlier versions of the specification allow.</summary>
    public string Place => IsRelative ? $"/{Destination}" : Destination!;

    /// <summary>True when the destination is no absolute path.</summary>
    public bool IsRelative => Destination is not ['/', ..];

    public string? Type { get; init; }

    /// <summary>For bind mounts: absolute, or relative to the bundle.</summary>
    public string? Source { get; init; }

    [AllowNull]
    public IReadOnlyList<string> Options { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<IdMappingSpec> UidMappings { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<IdMappingSpec> GidMappings { get => field ?? []; init; }

    /// <summary>True when the source is a file or directory of the caller, shown in the container, or an overlay of such directories.</summary>
    public bool IsBind => !IsRemount && (Type == "bind" || IsOverlay || Options.Contains("bind") || Options.Contains("rbind"));

    /// <summary>True for an overlay of the caller's directories, which its options name. The host's kernel makes it.</summary>
    public bool IsOverlay => Type == "overlay";

    /// <summary>True when the mount that is there gets other attributes, in place of a new mount.</summary>
    public bool IsRemount => Options.Contains("remount");

    /// <summary>
    /// True for the engines' own <c>/dev/shm</c> (podman's and containerd's source is a directory <c>shm</c>, a tmpfs of the wanted size): the guest makes
    /// that file system itself.
    /// </summary>
    public bool IsSharedMemory => IsBind && Place == "/dev/shm" && Path.GetFileName(Source) == "shm";

    /// <summary>True for a bind mount that carries the mounts below its source along.</summary>
    public bool IsRecursiveBind => Options.Contains("rbind");

    /// <summary>True for a mount with the option <c>rro</c>, at any place in the list, or with <c>ro</c> as the last of <c>ro</c> and <c>rw</c>.</summary>
    public bool IsReadOnly => Options.Contains("rro") || Options.LastOrDefault(option => option is "ro" or "rw") == "ro";
}

internal static class EmptyMap
{
    public static readonly IReadOnlyDictionary<string, string> Value = new Dictionary<string, string>();
}

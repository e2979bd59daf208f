namespace KataActors.Oci;

/// <summary>The role of a bundle in its sandbox.</summary>
public enum ContainerType
{
    /// <summary>It makes a sandbox of its own (a CRI pod's first container, or any bundle without CRI annotations).</summary>
    Sandbox,

    /// <summary>It joins a sandbox that exists.</summary>
    Container,
}

/// <summary>The annotations of containerd, CRI-O and dockershim for it; the first key that is present wins, in this order.</summary>
internal static class CriAnnotations
{
    private static readonly (string TypeKey, string Sandbox, string Container, string IdKey)[] s_dialects =
    [
        ("io.kubernetes.cri.container-type", "sandbox", "container", "io.kubernetes.cri.sandbox-id"),
        ("io.kubernetes.cri-o.ContainerType", "sandbox", "container", "io.kubernetes.cri-o.SandboxID"),
        ("io.kubernetes.docker.type", "podsandbox", "container", "io.kubernetes.sandbox.id"),
    ];

    /// <summary>All keys: by them a spec chooses its sandbox.</summary>
    public static IEnumerable<string> Keys => s_dialects.SelectMany(dialect => new[] { dialect.TypeKey, dialect.IdKey });

    public static ContainerType ReadType(IReadOnlyDictionary<string, string> annotations) => Read(annotations).Type;

    /// <summary>The type, and for a container the id of its sandbox as written.</summary>
    public static (ContainerType Type, string? SandboxId, string Field) Read(IReadOnlyDictionary<string, string> annotations)
    {
        foreach (var dialect in s_dialects)
        {
            if (annotations.TryGetValue(dialect.TypeKey, out var type))
            {
                if (type != dialect.Sandbox && type != dialect.Container)
                {
                    throw SpecException.Invalid($"annotation {Quoted.Text(dialect.TypeKey)}", $"has an unknown container type: {Quoted.Text(type)}");
                }

                return type == dialect.Sandbox
                    ? (ContainerType.Sandbox, null, "")
                    : (ContainerType.Container, annotations.GetValueOrDefault(dialect.IdKey), $"annotation {Quoted.Text(dialect.IdKey)}");
            }
        }

        return (ContainerType.Sandbox, null, "");
    }
}

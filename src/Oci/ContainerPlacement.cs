using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>Which sandbox a container belongs to. A container of type <see cref="ContainerType.Sandbox"/> makes the sandbox of its own id.</summary>
public sealed record ContainerPlacement(ContainerType Type, SandboxId SandboxId)
{
    /// <summary>Reads the CRI annotations of <paramref name="spec"/>, unless there are too many for a new container; exactly one of the two results is set.</summary>
    public static bool TryResolve(
        RuntimeSpec spec, ContainerId container, [NotNullWhen(true)] out ContainerPlacement? placement, [NotNullWhen(false)] out SpecError? error)
    {
        try
        {
            placement = Resolve(spec, container);
            error = null;
            return true;
        }
        catch (SpecException exception)
        {
            placement = null;
            error = exception.Error;
            return false;
        }
    }

    private static ContainerPlacement Resolve(RuntimeSpec spec, ContainerId container)
    {
        AnnotationLimit.Check(spec.Annotations);
        var (type, id, field) = CriAnnotations.Read(spec.Annotations);
        if (type == ContainerType.Sandbox)
        {
            return new ContainerPlacement(type, SandboxId.Parse(container.Value));
        }

        if (string.IsNullOrEmpty(id))
        {
            throw SpecException.Invalid(field, "is missing: a container must name its sandbox");
        }

        return SandboxId.TryParse(id, out var sandbox, out var problem)
            ? new ContainerPlacement(type, sandbox)
            : throw SpecException.Invalid($"{field}:", problem);
    }
}

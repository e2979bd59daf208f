using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime;

/// <summary>The descriptors of one create request, by their role. Owned by the holder of the set; disposing closes them all.</summary>
/// <param name="Rootfs">Detached mount of the root filesystem.</param>
/// <param name="BindSources">Detached mounts of bind sources, by the index in the spec's mounts.</param>
/// <param name="NetworkNamespace">The network namespace given by path in the spec, if any.</param>
public sealed record DescriptorSet(
    SafeFileHandle? Rootfs,
    ImmutableDictionary<int, SafeFileHandle> BindSources,
    SafeFileHandle? NetworkNamespace) : IDisposable
{
    /// <summary>No descriptors.</summary>
    public static DescriptorSet Empty { get; } = new(null, ImmutableDictionary<int, SafeFileHandle>.Empty, null);

    /// <inheritdoc/>
    public void Dispose()
    {
        Rootfs?.Dispose();
        NetworkNamespace?.Dispose();
        foreach (var source in BindSources.Values)
        {
            source.Dispose();
        }
    }
}

using System.Text;

namespace KataActors.Oci;

/// <summary>
/// The largest size of a new container's annotations. They are kept, and shown by <c>state</c> and <c>list</c>, as long as the container exists.
/// Kubernetes allows a pod 256 KiB of them; its CRI runtime passes some of them on, with a few of its own.
/// </summary>
internal static class AnnotationLimit
{
    /// <summary>Most bytes of all keys and values together, as UTF-8.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <exception cref="SpecException">They are larger.</exception>
    public static void Check(IReadOnlyDictionary<string, string> annotations)
    {
        var bytes = annotations.Sum(annotation => (long)Encoding.UTF8.GetByteCount(annotation.Key) + Encoding.UTF8.GetByteCount(annotation.Value));
        if (bytes > MaxBytes)
        {
            throw SpecException.Invalid("annotations", $"has {bytes} bytes in all keys and values, at most {MaxBytes} are allowed");
        }
    }
}

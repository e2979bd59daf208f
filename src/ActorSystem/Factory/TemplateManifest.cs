using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The origin and the contents of a template; <c>manifest.json</c> beside its files. A clone is correct only while all of it still holds. The format
/// is extended under a new number, never changed.
/// </summary>
internal sealed record TemplateManifest
{
    /// <summary>The format in use for writing.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; }

    /// <summary>The version reported by <c>qemu-system-x86_64 --version</c>.</summary>
    public string QemuVersion { get; init; } = "";

    public string QemuDigest { get; init; } = "";

    /// <summary>Machine type and accelerator.</summary>
    public string Machine { get; init; } = "";

    public string CpuModel { get; init; } = "";

    public string KernelDigest { get; init; } = "";

    public string InitramfsDigest { get; init; } = "";

    /// <summary>Digest of QEMU's command line, without the parts that differ from VM to VM.</summary>
    public string CommandLineDigest { get; init; } = "";

    public int MemoryMib { get; init; }

    public int Vcpus { get; init; }

    public int MaxVcpus { get; init; }

    /// <summary>Checksum of the memory file: its length and its non-zero pages.</summary>
    public string MemoryChecksum { get; init; } = "";

    public string StateChecksum { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Digest of all fields above.</summary>
    public string Digest { get; init; } = "";

    /// <summary>This manifest with its own digest.</summary>
    public TemplateManifest Sealed() => this with { Digest = OwnDigest() };

    /// <summary>Whether the digest matches the fields.</summary>
    public bool IsIntact() => Digest == OwnDigest();

    /// <summary>The bytes of the file.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TemplateManifestJson.Default.TemplateManifest);

    /// <summary>Reads the bytes of the file.</summary>
    /// <exception cref="JsonException">The bytes are not a manifest.</exception>
    public static TemplateManifest FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, TemplateManifestJson.Default.TemplateManifest) ?? throw new JsonException("it is empty");

    /// <summary>The differences of a template from the wanted one, in words.</summary>
    /// <param name="wanted">The facts of the present configuration and files.</param>
    public IEnumerable<string> DifferencesFrom(TemplateManifest wanted)
    {
        (string Name, object Is, object Wanted)[] facts =
        [
            ("format", Format, wanted.Format),
            ("qemu version", QemuVersion, wanted.QemuVersion),
            ("qemu digest", QemuDigest, wanted.QemuDigest),
            ("machine", Machine, wanted.Machine),
            ("cpu model", CpuModel, wanted.CpuModel),
            ("kernel digest", KernelDigest, wanted.KernelDigest),
            ("initramfs digest", InitramfsDigest, wanted.InitramfsDigest),
            ("command line digest", CommandLineDigest, wanted.CommandLineDigest),
            ("memory in MiB", MemoryMib, wanted.MemoryMib),
            ("vcpus", Vcpus, wanted.Vcpus),
            ("maximum vcpus", MaxVcpus, wanted.MaxVcpus),
            ("memory checksum", MemoryChecksum, wanted.MemoryChecksum),
            ("state checksum", StateChecksum, wanted.StateChecksum),
        ];
        return facts.Where(fact => !fact.Is.Equals(fact.Wanted)).Select(fact => $"{fact.Name} is \"{fact.Is}\" and should be \"{fact.Wanted}\"");
    }

    private string OwnDigest() => Convert.ToHexStringLower(SHA256.HashData((this with { Digest = "" }).ToJson()));
}

/// <summary>The manifest's JSON.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TemplateManifest))]
internal sealed partial class TemplateManifestJson : JsonSerializerContext;

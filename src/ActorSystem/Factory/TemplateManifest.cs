using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KataActors.Runtime.Factory;

/// <summary>
/// What a template was made from and what it consists of; <c>manifest.json</c> beside its files. A clone is only right where all of it is still
/// so. The format is extended, and its number raised, never changed.
/// </summary>
internal sealed record TemplateManifest
{
    /// <summary>The format that is written.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; }

    /// <summary>As <c>qemu-system-x86_64 --version</c> says it.</summary>
    public string QemuVersion { get; init; } = "";

    public string QemuDigest { get; init; } = "";

    /// <summary>Machine type and accelerator.</summary>
    public string Machine { get; init; } = "";

    public string CpuModel { get; init; } = "";

    public string KernelDigest { get; init; } = "";

    public string InitramfsDigest { get; init; } = "";

    /// <summary>Of QEMU's command line, without what differs from VM to VM.</summary>
    public string CommandLineDigest { get; init; } = "";

    public int MemoryMib { get; init; }

    public int Vcpus { get; init; }

    public int MaxVcpus { get; init; }

    /// <summary>Of the pages of the memory file that are not zero.</summary>
    public string MemoryChecksum { get; init; } = "";

    public string StateChecksum { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Of all the fields above.</summary>
    public string Digest { get; init; } = "";

    /// <summary>This manifest with its own digest.</summary>
    public TemplateManifest Sealed() => this with { Digest = OwnDigest() };

    /// <summary>Whether the digest is that of the fields.</summary>
    public bool IsIntact() => Digest == OwnDigest();

    /// <summary>As the file holds it.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TemplateManifestJson.Default.TemplateManifest);

    /// <summary>Reads the file's bytes.</summary>
    /// <exception cref="JsonException">They are no manifest.</exception>
    public static TemplateManifest FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, TemplateManifestJson.Default.TemplateManifest) ?? throw new JsonException("it is empty");

    /// <summary>Each fact in which a template differs from what is wanted now, in words.</summary>
    /// <param name="wanted">The facts of this configuration and these files.</param>
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

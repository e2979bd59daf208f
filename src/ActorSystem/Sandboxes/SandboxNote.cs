using System.Text.Json;
using System.Text.Json.Serialization;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// What a removal without the journal must know of a sandbox beyond its name: a file in its run directory, which is there before what it names and
/// goes with it.
/// </summary>
/// <param name="VmUuid">QEMU's uuid: the sandbox's own, or that of a VM which was taken from the pool.</param>
/// <param name="Cgroups">Where its host cgroups are.</param>
internal sealed record SandboxNote(Guid VmUuid, CgroupPlacement Cgroups)
{
    private const string FileName = "sandbox.json";

    /// <summary>Puts it into a directory, whole or not at all.</summary>
    public void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var unfinished = path + "~";
        File.WriteAllBytes(unfinished, JsonSerializer.SerializeToUtf8Bytes(this, SandboxNoteJson.Default.SandboxNote));
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>The note in a directory; null when there is none.</summary>
    /// <exception cref="JsonException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SandboxNote? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), SandboxNoteJson.Default.SandboxNote) : null;
    }
}

/// <summary>The note's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SandboxNote))]
internal sealed partial class SandboxNoteJson : JsonSerializerContext;

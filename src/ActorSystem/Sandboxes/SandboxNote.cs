using System.Text.Json;
using System.Text.Json.Serialization;
using KataActors.Cgroups;
using KataActors.Linux;

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
    private const uint FileMode = 0b110_000_000;

    /// <summary>Puts it into a directory, whole or not at all.</summary>
    public void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var unfinished = path + "~";
        RegularFile.Write(unfinished, JsonSerializer.SerializeToUtf8Bytes(this, SandboxNoteJson.Default.SandboxNote), FileMode);
        FileNames.Rename(unfinished, path);
    }

    /// <summary>The note in a directory; null when there is none.</summary>
    /// <exception cref="JsonException">It is damaged.</exception>
    /// <exception cref="LinuxException">It cannot be read, or it cannot be said whether there is one.</exception>
    public static SandboxNote? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return FileStatus.TryOf(path) is null ? null : JsonSerializer.Deserialize(RegularFile.ReadAll(path, OpenFlags.NoFollow), SandboxNoteJson.Default.SandboxNote);
    }
}

/// <summary>The note's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SandboxNote))]
internal sealed partial class SandboxNoteJson : JsonSerializerContext;

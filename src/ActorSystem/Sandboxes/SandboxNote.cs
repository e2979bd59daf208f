using System.Text.Json;
using System.Text.Json.Serialization;
using KataActors.Linux;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The facts that a removal without the journal needs: a file in the sandbox's run directory. It is written before the resources that it names exist,
/// and removed after them. The <see cref="RecordCopy"/> beside it serves everything but removals.
/// </summary>
/// <param name="VmUuid">QEMU's uuid: the sandbox's own, or that of a pool VM.</param>
/// <param name="Cgroups">The placement of its host cgroups.</param>
internal sealed record SandboxNote(Guid VmUuid, CgroupPlacement Cgroups)
{
    private const string FileName = "sandbox.json";
    private const uint FileMode = 0b110_000_000;
    private const int MostBytes = 64 * 1024;

    /// <summary>The owner of the directory; null in a note of an older version.</summary>
    public NotedSandbox? Sandbox { get; init; }

    /// <summary>Writes the note atomically.</summary>
    public void Write(string directory) => RegularFile.Replace(
        Path.Combine(directory, FileName), JsonSerializer.SerializeToUtf8Bytes(this, SandboxNoteJson.Default.SandboxNote), FileMode);

    /// <summary>Reads the note in a directory; null for none.</summary>
    /// <exception cref="JsonException">The note is damaged.</exception>
    /// <exception cref="LinuxException">The note cannot be read, belongs to another user, or its existence is unknown.</exception>
    public static SandboxNote? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return FileStatus.TryOf(path) is null ? null : JsonSerializer.Deserialize(RegularFile.ReadOwn(path, MostBytes), SandboxNoteJson.Default.SandboxNote);
    }
}

/// <summary>The owner of a run directory.</summary>
/// <param name="Root">The root of its <see cref="ContainerKey"/>.</param>
/// <param name="Id">The id of its <see cref="ContainerKey"/>.</param>
/// <param name="Uuid">Its incarnation.</param>
internal sealed record NotedSandbox(string Root, string Id, Guid Uuid)
{
    /// <summary>The note of a sandbox.</summary>
    public static NotedSandbox Of(SandboxRegistration registration) => new(registration.Key.Root, registration.Key.Id, registration.Uuid);
}

/// <summary>The note's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SandboxNote))]
internal sealed partial class SandboxNoteJson : JsonSerializerContext;

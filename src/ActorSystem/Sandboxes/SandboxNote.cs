using System.Text.Json;
using System.Text.Json.Serialization;
using KataActors.Cgroups;
using KataActors.Linux;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// What a removal without the journal must know of a sandbox: a file in its run directory, which is there before what it names and goes with it. What
/// it takes to do more than remove it, the <see cref="RecordCopy"/> beside it tells.
/// </summary>
/// <param name="VmUuid">QEMU's uuid: the sandbox's own, or that of a VM which was taken from the pool.</param>
/// <param name="Cgroups">Where its host cgroups are.</param>
internal sealed record SandboxNote(Guid VmUuid, CgroupPlacement Cgroups)
{
    private const string FileName = "sandbox.json";
    private const uint FileMode = 0b110_000_000;
    private const int MostBytes = 64 * 1024;

    /// <summary>Whose directory it is; null in a note of a version that did not say so.</summary>
    public NotedSandbox? Sandbox { get; init; }

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
    /// <exception cref="LinuxException">It cannot be read, is another user's, or it cannot be said whether there is one.</exception>
    public static SandboxNote? TryRead(string directory)
    {
        var path = Path.Combine(directory, FileName);
        return FileStatus.TryOf(path) is null ? null : JsonSerializer.Deserialize(RegularFile.ReadOwn(path, MostBytes), SandboxNoteJson.Default.SandboxNote);
    }
}

/// <summary>The sandbox of a run directory.</summary>
/// <param name="Root">Of its <see cref="ContainerKey"/>.</param>
/// <param name="Id">Likewise.</param>
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

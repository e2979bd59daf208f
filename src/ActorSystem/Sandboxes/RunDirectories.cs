using System.Collections.Immutable;
using System.Text.Json;
using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The sandboxes that have a run directory.</summary>
internal static class RunDirectories
{
    /// <summary>Reads each directory below a folder; a missing folder counts as empty.</summary>
    /// <exception cref="IOException">The folder cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static Found Find(string folder)
    {
        var sandboxes = ImmutableArray.CreateBuilder<SandboxRegistration>();
        var problems = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (var directory in KernelFiles.Exists(folder) ? Directory.EnumerateDirectories(folder) : [])
        {
            try
            {
                sandboxes.Add(Owner(directory));
            }
            catch (Exception e) when (e is LinuxException or InvalidDataException or JsonException)
            {
                problems.Add((Path.GetFileName(directory), $"run directory \"{directory}\": {e.Message}"));
            }
        }

        return new Found(sandboxes.ToImmutable(), problems.ToImmutable());
    }

    private static SandboxRegistration Owner(string directory)
    {
        var hostName = Path.GetFileName(directory);
        if (TryReadCopy(directory) is { } record)
        {
            return record.HostName == hostName
                ? new SandboxRegistration(record.Key, hostName, record.Uuid)
                : throw new InvalidDataException($"its record is that of \"{record.HostName}\"");
        }

        return SandboxNote.TryRead(directory)?.Sandbox is { Root.Length: > 0 } sandbox && ContainerId.TryParse(sandbox.Id, out _, out _) && sandbox.Uuid != Guid.Empty
            ? new SandboxRegistration(new ContainerKey(sandbox.Root, sandbox.Id), hostName, sandbox.Uuid)
            : throw new InvalidDataException("it does not say whose it is");
    }

    // Without a usable copy the note identifies the sandbox, which is enough for a removal.
    private static SandboxRecord? TryReadCopy(string directory)
    {
        try
        {
            return RecordCopy.TryRead(directory)?.Record;
        }
        catch (Exception e) when (e is InvalidDataException or LinuxException)
        {
            return null;
        }
    }

    /// <summary>The result of a search.</summary>
    /// <param name="Sandboxes">One for each directory that names its sandbox.</param>
    /// <param name="Problems">For each other directory its host name and a sentence.</param>
    public sealed record Found(ImmutableArray<SandboxRegistration> Sandboxes, ImmutableArray<(string HostName, string Problem)> Problems);
}

using System.Text;
using KataActors.Linux;

namespace KataActors.Agent.Boot;

/// <summary>The guest's machine-id(5). A guest has none until the host gives it one, so that clones cannot share it.</summary>
internal static class MachineId
{
    private const string FilePath = "/etc/machine-id";
    private const int Length = 32;
    private const uint ReadableByAll = 0b100_100_100;

    /// <summary>The id; empty before the first one.</summary>
    internal static string Read() => KernelFiles.Exists(FilePath) ? KernelFiles.Read(FilePath).TrimEnd('\n') : "";

    /// <summary>Sets the id.</summary>
    internal static void Write(string id)
    {
        if (id.Length != Length || !id.All(char.IsAsciiHexDigitLower))
        {
            throw Failures.Invalid($"machine id \"{id}\" is not {Length} lower-case hexadecimal digits");
        }

        using var file = Descriptors.Open(FilePath, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, ReadableByAll);
        _ = Descriptors.TryWrite(file, Encoding.ASCII.GetBytes($"{id}\n"));
    }
}

using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Cli.Bundles;

/// <summary>The <c>process</c> of the runtime specification that <c>exec</c> adds to a container, valid.</summary>
internal sealed class ProcessDocument
{
    private ProcessDocument(byte[] json, ProcessSpec spec)
    {
        Json = json;
        Spec = spec;
    }

    public byte[] Json { get; }

    public ProcessSpec Spec { get; }

    /// <summary>Reads the file of <c>--process</c>.</summary>
    /// <exception cref="CommandFailure">It cannot be read, or is refused.</exception>
    public static ProcessDocument Read(string path)
    {
        try
        {
            using var file = RegularFile.Open(path);
            return Parse(BoundedFile.Read(file, ProcessParser.MaxBytes), $"--process \"{path}\": ");
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"--process \"{path}\": {failure.Cause}", cause: failure);
        }
    }

    /// <summary>The document of a process.</summary>
    /// <exception cref="CommandFailure">It is refused.</exception>
    public static ProcessDocument Of(ProcessSpec process) => Parse(ProcessParser.Write(process), "");

    private static ProcessDocument Parse(byte[] json, string place) => ProcessParser.TryParse(json, out var spec, out var error)
        ? new ProcessDocument(json, spec)
        : throw new CommandFailure(place + error.Message);
}

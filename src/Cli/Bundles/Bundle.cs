using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Cli.Bundles;

/// <summary>An OCI bundle, read and validated in the caller's namespaces.</summary>
internal sealed class Bundle
{
    private const string SpecFile = "config.json";

    private Bundle(string directory, byte[] json, RuntimeSpec spec)
    {
        DirectoryPath = directory;
        Json = json;
        Spec = spec;
    }

    /// <summary>The bundle's path without symbolic links.</summary>
    public string DirectoryPath { get; }

    /// <summary>config.json, byte for byte.</summary>
    public byte[] Json { get; }

    public RuntimeSpec Spec { get; }

    /// <exception cref="CommandFailure">There is no bundle at <paramref name="path"/>, or its spec is refused.</exception>
    public static Bundle Read(string path)
    {
        var directory = RealDirectory(path);
        var json = ReadSpec(directory);
        return SpecParser.TryParse(json, out var spec, out var error)
            ? new Bundle(directory, json, spec)
            : throw new CommandFailure($"bundle \"{path}\": {error.Message}");
    }

    /// <summary>A path of the spec, which is relative to the bundle unless absolute.</summary>
    public string Resolve(string path) => Path.Combine(DirectoryPath, path);

    private static string RealDirectory(string path)
    {
        if (path.Length == 0)
        {
            throw new CommandFailure("bundle path is empty");
        }

        try
        {
            using var directory = Descriptors.Open(path, OpenFlags.Path | OpenFlags.Directory);
            return new FileInfo($"/proc/self/fd/{directory.DangerousGetHandle()}").LinkTarget!;
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"bundle \"{path}\": {failure.Cause}", cause: failure);
        }
    }

    private static byte[] ReadSpec(string directory)
    {
        var path = Path.Combine(directory, SpecFile);
        try
        {
            using var file = RegularFile.Open(path);
            return BoundedFile.Read(file, SpecParser.MaxBytes);
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"bundle \"{directory}\": {SpecFile}: {failure.Cause}", cause: failure);
        }
    }
}

using System.CommandLine;
using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Cli.Commands;

/// <summary><c>spec</c>: writes a config.json to start from.</summary>
internal static class SpecCommand
{
    private const string FileName = "config.json";
    private const uint Mode = 0b110_110_110;

    public static Command Build(GlobalOptions global)
    {
        var bundle = CommandParts.BundleOption();
        var rootless = CommandParts.Flag("--rootless", "refused: rootless use is not supported");
        var command = new Command("spec", "write a config.json to start from") { bundle, rootless };
        command.Does(global, (parsed, _) =>
        {
            if (parsed.GetValue(rootless))
            {
                throw new CommandFailure("spec --rootless: rootless use is not supported");
            }

            Write(Path.Combine(parsed.GetValue(bundle)!, FileName));
            return 0;
        });
        return command;
    }

    // As in runc, the last mount there decides.
    private static bool HasUnifiedCgroups() => MountInfo.ReadOwn().LastOrDefault(mount => mount.MountPoint == "/sys/fs/cgroup")?.Type == "cgroup2";

    private static void Write(string path)
    {
        try
        {
            using var file = Descriptors.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Mode);
            BlockingStreams.Write(file, DefaultSpec.Write(HasUnifiedCgroups()));
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EEXIST)
        {
            throw new CommandFailure($"file \"{path}\" exists: remove it first", cause: failure);
        }
    }
}

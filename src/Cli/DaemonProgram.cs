using System.Text;
using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli;

/// <summary>
/// Asks the daemon's program, which knows the configuration, instead of a daemon: it answers on this command's standard output and exits. It gets the flags of the
/// last daemon at the address, so that it answers for the same configuration.
/// </summary>
internal static class DaemonProgram
{
    private const int MostErrorBytes = 64 * 1024;
    private const string ErrorPrefix = "kata-actorsd: ";

    /// <exception cref="CommandFailure">The program failed, in its words.</exception>
    public static void Ask(string address, string question)
    {
        var program = ProductFiles.Daemon;
        if (!File.Exists(program))
        {
            throw new CommandFailure($"\"{program}\" does not exist");
        }

        using var errors = MemoryFiles.CreateFixedSize("kata-actorsd-errors", MostErrorBytes);
        using var child = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = program,
            Arguments = [program, "--address", address, .. DaemonFlags.Read(Path.GetDirectoryName(address)!), question],
            Environment = DaemonStarter.Environment,
            Descriptors = [null, DescriptorHygiene.GivenStandard(1), errors],
            WorkingDirectory = "/",
        });
        if (!child.WaitForExitAsync(default).Wait(Deadlines.HostQuestion))
        {
            child.Signal(Signals.SIGKILL);
            throw new CommandFailure($"\"{program}\" did not answer within {Deadlines.HostQuestion.TotalSeconds:0} s");
        }

        if (child.TryReap() is not { Status: 0 })
        {
            throw new CommandFailure(Text(errors) is { Length: > 0 } text ? text : $"\"{program}\" failed without a word");
        }
    }

    private static string Text(SafeFileHandle errors)
    {
        var bytes = new byte[MostErrorBytes];
        var length = RandomAccess.Read(errors, bytes, 0);
        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, length).TrimEnd((byte)0)).TrimEnd();
        return text.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? text[ErrorPrefix.Length..] : text;
    }
}

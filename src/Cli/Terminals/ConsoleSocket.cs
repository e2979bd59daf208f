using System.Runtime.InteropServices;
using KataActors.Cli.Daemon;
using KataActors.Linux;

namespace KataActors.Cli.Terminals;

/// <summary>The caller's socket of <c>--console-socket</c>, which receives the master of a terminal (SCM_RIGHTS of unix(7)).</summary>
internal sealed class ConsoleSocket
{
    private readonly string _path;

    private ConsoleSocket(string path) => _path = path;

    /// <summary>Makes sure that there is a socket. It is connected to when the process exists: callers wait for the master from then on.</summary>
    /// <exception cref="CommandFailure">There is none.</exception>
    public static ConsoleSocket Check(string path)
    {
        try
        {
            using var place = Descriptors.Open(path, OpenFlags.Path);
            return FileStatus.Of(place) is { Kind: not FileKind.Socket } other
                ? throw new CommandFailure($"--console-socket \"{path}\": is {other.KindInWords}, not a socket")
                : new ConsoleSocket(path);
        }
        catch (LinuxException failure)
        {
            throw Failure(path, failure.Cause, failure);
        }
    }

    /// <summary>Sends the master, which the caller of this method still owns, and its name, as runc does.</summary>
    /// <exception cref="CommandFailure">There is no listener, or it does not take the terminal in time.</exception>
    public void Send(SafeHandle master, ReadOnlySpan<byte> name)
    {
        try
        {
            using var socket = BlockingSocket.Connect(_path, Deadlines.Connect);
            socket.Send(name, [master], Deadlines.Connect);
        }
        catch (LinuxException failure)
        {
            throw Failure(_path, failure.Cause, failure);
        }
        catch (TimeoutException failure)
        {
            throw Failure(_path, "the terminal was not taken in time", failure);
        }
    }

    private static CommandFailure Failure(string path, string cause, Exception failure) => new($"--console-socket \"{path}\": {cause}", cause: failure);
}

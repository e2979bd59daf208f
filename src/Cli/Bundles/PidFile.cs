using System.Globalization;
using System.Text;
using KataActors.Linux;

namespace KataActors.Cli.Bundles;

/// <summary>The caller's pid file: complete from its first moment, because it is renamed into place.</summary>
internal sealed class PidFile
{
    private const uint Mode = 0b110_100_100;
    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <summary>Checks that the file can be written later; makes nothing.</summary>
    /// <exception cref="CommandFailure">Its folder is missing, or it is a folder itself.</exception>
    public static PidFile Prepare(string path)
    {
        if (path.Length == 0)
        {
            throw new CommandFailure("pid-file path is empty");
        }

        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new CommandFailure($"pid-file \"{path}\": is a directory");
        }

        if (!Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new CommandFailure($"pid-file \"{path}\": its folder does not exist");
        }

        // The rename would replace a device, and remove it for all of its users.
        if (FileStatus.TryOf(full) is { Kind: not (FileKind.Regular or FileKind.SymbolicLink) } taken)
        {
            throw new CommandFailure($"pid-file \"{path}\": is {taken.KindInWords}, not a regular file");
        }

        return new PidFile(full);
    }

    /// <summary>Writes the pid in decimal, without a line end, as callers expect.</summary>
    public void Write(int pid)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(_path)!, $".{Guid.NewGuid():N}");
        try
        {
            using (var file = Descriptors.Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Mode))
            {
                BlockingStreams.Write(file, Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)));
            }

            FileNames.Rename(temporary, _path);
        }
        catch (LinuxException failure)
        {
            FileNames.TryRemove(temporary);
            throw new CommandFailure($"pid-file \"{_path}\": {failure.Cause}", cause: failure);
        }
    }
}

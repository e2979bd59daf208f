using System.Globalization;
using System.Text;
using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Agent.Setup;

/// <summary>The home folder of a user, from the container's own passwd(5) file.</summary>
internal static class HomeFolder
{
    internal const string Default = "/";

    private const string Passwd = "/etc/passwd";
    private const int LargestFile = 1024 * 1024;

    internal static string Find(RootedPath root, uint user)
    {
        try
        {
            using var file = root.TryOpenRead(Passwd);
            return file is not null && FileStatus.Of(file).Kind == FileKind.Regular
                ? Find(Encoding.UTF8.GetString(RegularFile.ReadAll(file, Passwd, LargestFile)), user)
                : Default;
        }
        catch (LinuxException)
        {
            return Default;
        }
    }

    internal static string Find(string passwd, uint user)
    {
        // name:password:uid:gid:comment:home:shell
        foreach (var line in passwd.Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length >= 6 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id == user)
            {
                return fields[5].Length > 0 ? fields[5] : Default;
            }
        }

        return Default;
    }
}

using KataActors.Linux;
using KataActors.Runtime.Hosting;

namespace KataActors.Runtime.Factory;

/// <summary>Checks the factory's configuration at the daemon's start, instead of at the first sandbox.</summary>
internal static class FactoryRestrictions
{
    private const string Key = "kata-actors.factory.template-path";
    private static readonly string[] s_inMemory = ["tmpfs", "ramfs"];

    /// <summary>Checks the template's folder, if the template is enabled.</summary>
    /// <exception cref="StartupException">The template cannot be in this folder.</exception>
    public static void Check(FactorySettings settings, string templateFolder)
    {
        if (!settings.EnableTemplate)
        {
            return;
        }

        try
        {
            OwnFolder.Check(templateFolder);
            var existing = templateFolder;
            while (!Directory.Exists(existing))
            {
                existing = Path.GetDirectoryName(existing) ?? "/";
            }

            var format = new DriveInfo(existing).DriveFormat;
            if (!s_inMemory.Contains(format))
            {
                throw new StartupException(
                    $"{Key}: \"{templateFolder}\" is on a file system of type {format}; the template holds the guest's memory and must be on one in memory (tmpfs), such as below /dev/shm");
            }
        }
        catch (LinuxException e)
        {
            throw new StartupException($"{Key}: \"{templateFolder}\" {e.Cause}: take a folder of its own", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Key}: \"{templateFolder}\" cannot be looked at: {e.Message}", e);
        }
    }
}

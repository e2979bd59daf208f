namespace KataActors.Runtime.Hosting;

/// <summary>The files installed with the program; found from its own executable, never by working directory or environment.</summary>
/// <param name="Share">The directory <c>share/kata-actors</c> of the installation.</param>
public sealed record InstallPaths(string Share)
{
    private static readonly string[] s_fromExecutable = ["../share/kata-actors", "../../share/kata-actors"];

    /// <summary>The installation's root.</summary>
    public string Prefix => Path.GetDirectoryName(Path.GetDirectoryName(Share)!)!;

    /// <summary>The guest kernel.</summary>
    public string Kernel => Path.Combine(Share, "vmlinuz");

    /// <summary>The guest image, an initramfs with the agent.</summary>
    public string Initramfs => Path.Combine(Share, "initramfs.cpio");

    /// <summary>The reference configuration.</summary>
    public string Reference => Path.Combine(Share, "hocon", "kata-actors.conf");

    /// <summary>The installation of this process.</summary>
    /// <exception cref="StartupException">The installation is incomplete.</exception>
    public static InstallPaths OfThisProcess() =>
        Find(File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)?.FullName ?? "/");

    /// <summary>The installation of an executable, given by a path without symbolic links.</summary>
    /// <exception cref="StartupException">There is none.</exception>
    public static InstallPaths Find(string executable)
    {
        var directory = Path.GetDirectoryName(executable) ?? "/";
        var candidates = s_fromExecutable.Select(relative => new InstallPaths(Path.GetFullPath(Path.Combine(directory, relative)))).ToList();
        return candidates.Find(paths => File.Exists(paths.Reference))
            ?? throw new StartupException($"installation of \"{executable}\" is incomplete: no file \"{string.Join("\", no file \"", candidates.Select(paths => paths.Reference))}\"");
    }
}

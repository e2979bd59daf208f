using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Hosting;

/// <summary>The files of one running daemon; all absolute.</summary>
/// <param name="Socket">The control socket; its directory is the run directory.</param>
/// <param name="StateDirectory">The directory of files that outlive a reboot.</param>
public sealed record DaemonPaths(string Socket, string StateDirectory)
{
    /// <summary>Volatile files: the socket, the lock, a directory for each sandbox.</summary>
    public string RunDirectory => Path.GetDirectoryName(Socket)!;

    /// <summary>The daemon's pid, as long as it lives.</summary>
    public string PidFile => Path.Combine(RunDirectory, "daemon.pid");

    /// <summary>Locked as long as the daemon lives. Not the pid file, which is removed on exit.</summary>
    public string InstanceLock => Path.Combine(RunDirectory, "daemon.instance");

    /// <summary>Volatile files of VMs without a sandbox.</summary>
    public string FactoryDirectory => Path.Combine(RunDirectory, "factory");

    /// <summary>The folder of the template.</summary>
    public string TemplateFolder(FactorySettings factory) => factory.TemplatePath.Length > 0 ? factory.TemplatePath : Path.Combine(RunDirectory, "template");

    /// <summary>The journal's database.</summary>
    public string JournalFile => Path.Combine(StateDirectory, "journal.db");

    /// <summary>Written at the crash of a daemon at a crash point.</summary>
    public string CrashMark => Path.Combine(StateDirectory, "crashed");

    /// <summary>The log while the usual one is unwritable.</summary>
    public string SubstituteLogFile => Path.Combine(RunDirectory, "daemon.log");

    /// <summary>The default log.</summary>
    public string LogFile => Path.Combine(StateDirectory, "daemon.log");
}

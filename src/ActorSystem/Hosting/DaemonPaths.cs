using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Hosting;

/// <summary>The files of one running daemon; all absolute.</summary>
/// <param name="Socket">The control socket; its directory is the run directory.</param>
/// <param name="StateDirectory">What outlives a reboot.</param>
public sealed record DaemonPaths(string Socket, string StateDirectory)
{
    /// <summary>Volatile files: the socket, the lock, a directory for each sandbox.</summary>
    public string RunDirectory => Path.GetDirectoryName(Socket)!;

    /// <summary>Holds the daemon's pid while it lives.</summary>
    public string PidFile => Path.Combine(RunDirectory, "daemon.pid");

    /// <summary>Locked while the daemon lives. Not the pid file, which is removed when it exits.</summary>
    public string InstanceLock => Path.Combine(RunDirectory, "daemon.instance");

    /// <summary>Volatile files of the VMs that no sandbox owns yet.</summary>
    public string FactoryDirectory => Path.Combine(RunDirectory, "factory");

    /// <summary>Where the template is.</summary>
    public string TemplateFolder(FactorySettings factory) => factory.TemplatePath.Length > 0 ? factory.TemplatePath : Path.Combine(RunDirectory, "template");

    /// <summary>The journal's database.</summary>
    public string JournalFile => Path.Combine(StateDirectory, "journal.db");

    /// <summary>There when the daemon has crashed where a test wanted it.</summary>
    public string CrashMark => Path.Combine(StateDirectory, "crashed");

    /// <summary>The log while the usual one cannot be written.</summary>
    public string SubstituteLogFile => Path.Combine(RunDirectory, "daemon.log");

    /// <summary>The log, unless another is named.</summary>
    public string LogFile => Path.Combine(StateDirectory, "daemon.log");
}

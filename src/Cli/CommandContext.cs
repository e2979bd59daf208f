using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli;

/// <summary>The context of a verb's action.</summary>
internal sealed class CommandContext : IDisposable
{
    private GlobalValues? _global;

    public GlobalValues Global => _global ?? throw new InvalidOperationException("the command line was not read");

    /// <summary>The file of <c>--log</c>, or null.</summary>
    public CommandLog? Log { get; private set; }

    public void Open(GlobalValues global)
    {
        _global = global;
        if (global.LogFile is not null)
        {
            Log = CommandLog.Open(global.LogFile, global.JsonLog, global.Debug);
        }
    }

    /// <summary>The container of that id in the caller's id space.</summary>
    public ContainerRef Reference(ContainerId id) => new() { Root = Global.Root, Id = id.Value };

    /// <summary>
    /// The daemon, which is started if necessary. The command's deadline is <paramref name="timeout"/>, the time of its call, plus the time of one start of
    /// the daemon, however often the daemon dies.
    /// </summary>
    public DaemonSession Daemon(TimeSpan timeout)
    {
        Action<string>? trace = Log is { } log ? log.Debug : null;
        return new DaemonSession(new DaemonConnector(Global.Address, trace), timeout + Deadlines.DaemonStart, trace);
    }

    /// <summary>Writes to the log which parts of a request have no effect.</summary>
    public void WarnOf(ContainerId id, IEnumerable<string> passedOver)
    {
        foreach (var item in passedOver)
        {
            Log?.Warning($"container \"{id}\": {item}");
        }
    }

    public void Dispose() => Log?.Dispose();
}

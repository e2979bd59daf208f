using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Watches the command whose terminal the process has. The command usually ends last; when it is killed, its terminal gets the settings that it had, and
/// the process's terminal is hung up, as if the command had been its other end.
/// </summary>
internal sealed class CommandWatch
{
    private readonly SafeFileHandle _command;
    private readonly SafeFileHandle _terminal;
    private readonly ContainerProcess _process;
    private readonly TerminalSettings? _settings;

    /// <param name="command">A pipe that the command holds open.</param>
    /// <param name="terminal">The command's terminal, before it is raw.</param>
    /// <param name="process">The process.</param>
    public CommandWatch(SafeFileHandle command, SafeFileHandle terminal, ContainerProcess process)
    {
        _command = command;
        _terminal = terminal;
        _process = process;
        _settings = Terminal.TryReadSettings(terminal);
    }

    /// <summary>Runs until this process ends.</summary>
    public void Start(DaemonLink link) => StandInThread.Start("command", () => Watch(link));

    private void Watch(DaemonLink link)
    {
        BlockingStreams.Read(_command, new byte[1]);
        try
        {
            if (_settings is { } settings)
            {
                Terminal.Apply(_terminal, settings);
            }
        }
        catch (LinuxException)
        {
            // It is gone, too.
        }

        try
        {
            var end = new CloseInputRequest { Container = _process.Container, Process = _process.Id };
            link.Call(daemon => daemon.Call(ControlServiceNames.CloseInput, end, CloseInputResponse.Parser, Deadlines.Change));
        }
        catch (TtrpcException)
        {
            // The process has ended.
        }
    }
}

using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>A program with a terminal of 40 rows and 100 columns, whose other end the test holds: keys and screen. Killed when disposed.</summary>
public class ProgramAtTerminal : IDisposable
{
    private readonly string[] _command;
    private readonly StringBuilder _screen = new();
    private readonly string _settings;
    private Pidfd? _program;
    private int _looked;

    /// <summary>Prepares it; <see cref="Start"/> starts it.</summary>
    public ProgramAtTerminal(params string[] command)
    {
        _command = command;
        Resize(40, 100);
        _settings = ReadSettings();
    }

    public PseudoTerminal Pair { get; } = PseudoTerminal.Open();

    /// <summary>Whether the terminal has the settings from before the program.</summary>
    public bool HasFormerSettings => ReadSettings() == _settings;

    public int Pid => _program!.Pid;

    /// <summary>All that has appeared.</summary>
    public string Screen => _screen.ToString();

    /// <summary>Starts it, with another stdin than the terminal if given.</summary>
    public void Start(SafeHandle? stdin = null)
    {
        // setsid(1) gives the terminal to the session that it begins, and becomes the program.
        string[] words = stdin is null ? ["setsid", "--ctty"] : ["setsid"];
        _program = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = "/usr/bin/setsid",
            Arguments = [.. words, .. _command],
            Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            Descriptors = [stdin ?? Pair.Slave, Pair.Slave, Pair.Slave],
        });
    }

    public void Signal(int signal) => _program!.Signal(signal);

    public void Resize(ushort rows, ushort columns) => Terminal.SetSize(Pair.Master, new TerminalSize(rows, columns));

    public void Type(string keys) => BlockingStreams.Write(Pair.Master, Encoding.UTF8.GetBytes(keys));

    /// <summary>Waits until the text appears on the screen, after the last one that was found.</summary>
    public async Task ExpectAsync(string text)
    {
        int at;
        while ((at = Screen.IndexOf(text, _looked, StringComparison.Ordinal)) < 0)
        {
            try
            {
                await DescriptorEvents.WaitReadableAsync(Pair.Master, Deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"\"{text}\" does not appear: {Screen}");
            }

            var buffer = new byte[16 * 1024];
            _screen.Append(Encoding.UTF8.GetString(buffer, 0, BlockingStreams.Read(Pair.Master, buffer)));
        }

        _looked = at + text.Length;
    }

    /// <summary>Waits for its end; returns the exit code, or 128 and the signal.</summary>
    public async Task<int> WaitAsync()
    {
        await _program!.WaitForExitAsync(Deadline.Token);
        return _program.TryReap()!.Value.Status;
    }

    public void Dispose()
    {
        if (_program is { } program && program.Signal(Signals.SIGKILL))
        {
            program.WaitForExitAsync(Deadline.Token).GetAwaiter().GetResult();
            program.TryReap();
        }

        _program?.Dispose();
        Pair.Dispose();
        GC.SuppressFinalize(this);
    }

    private string ReadSettings() =>
        ChildScript.RunAsync($"stty -g < /proc/{Environment.ProcessId}/fd/{Pair.Slave.DangerousGetHandle()}").GetAwaiter().GetResult();
}

using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Hooks;

/// <summary>
/// Turns the signals that would end the command into the end of its hook, which has a session of its own and would otherwise be left behind.
/// </summary>
internal sealed class HookSignals : IDisposable
{
    private static readonly int[] s_ending = [Signals.SIGHUP, Signals.SIGINT, Signals.SIGQUIT, Signals.SIGTERM];

    private readonly SafeFileHandle _seen;
    private readonly SafeFileHandle _tell;
    private readonly PosixSignalRegistration[] _registrations;

    public HookSignals()
    {
        (_seen, _tell) = Descriptors.Pipe();
        Descriptors.SetNonBlocking(_tell);
        _registrations = [.. s_ending.Select(signal => PosixSignalRegistration.Create((PosixSignal)signal, Take))];
    }

    /// <summary>Can be read after such a signal.</summary>
    public SafeFileHandle Seen => _seen;

    /// <summary>Restores the signals' former actions.</summary>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _seen.Dispose();
        _tell.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = Descriptors.TryWrite(_tell, [1]);
    }
}

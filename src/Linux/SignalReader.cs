using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace KataActors.Linux;

/// <summary>
/// Takes signals sent to this process, in order, instead of their default action. The runtime's own signal thread is used rather than
/// signalfd(2): threads of the runtime run before any managed code could block a signal, and an unblocked thread takes it away.
/// SIGKILL, SIGSTOP and the signals of faults cannot be taken; 32 to 34 belong to libc and the runtime.
/// </summary>
public sealed class SignalReader : IDisposable
{
    private const int Capacity = 1024;
    private const int FirstKeptByLibc = 32;

    private static readonly int[] s_kept =
    [
        Signals.SIGKILL, Signals.SIGSTOP,
        Signals.SIGILL, Signals.SIGTRAP, Signals.SIGABRT, Signals.SIGBUS, Signals.SIGFPE, Signals.SIGSEGV, Signals.SIGSYS,
        Signals.SIGCHLD,
    ];

    /// <summary>
    /// Every signal that one process may sensibly forward to another, as runc does: not the untakeable ones, those of faults, and those about this
    /// process's own children.
    /// </summary>
    public static readonly IReadOnlyList<int> Forwardable =
        [.. Enumerable.Range(1, Signals.Max).Where(signal => !s_kept.Contains(signal) && signal is < FirstKeptByLibc or > Signals.RealTimeMin)];

    private readonly Channel<int> _pending = Channel.CreateBounded<int>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly bool _takesPipe;

    /// <summary>Starts taking these signals.</summary>
    public SignalReader(IEnumerable<int> signals)
    {
        try
        {
            foreach (var signal in signals)
            {
                if (signal == Signals.SIGPIPE)
                {
                    // The runtime ignores it, and takes no signal that is ignored.
                    Signals.ResetToDefault(signal);
                    _takesPipe = true;
                }

                _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context => Take(signal, context)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The next signal.</summary>
    public ValueTask<int> ReadAsync(CancellationToken cancellation) => _pending.Reader.ReadAsync(cancellation);

    /// <summary>Restores the signals' former actions.</summary>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        if (_takesPipe)
        {
            Signals.Ignore(Signals.SIGPIPE);
        }
    }

    private void Take(int signal, PosixSignalContext context)
    {
        context.Cancel = true;
        _pending.Writer.TryWrite(signal);
    }
}

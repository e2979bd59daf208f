using KataActors.Agent.Setup;
using KataActors.Agent.Streams;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// One process of a container, its first one or an exec: prepared → started → ended, where a signal may end it before its start. Owns its streams and
/// handles, freed only after its end.
/// </summary>
/// <param name="kind">What messages call it, <c>container</c> or <c>process</c>,</param>
/// <param name="id">and which one it is.</param>
/// <param name="waiting">The process.</param>
/// <param name="cgroup">The container's.</param>
internal sealed class ContainerProcess(string kind, string id, WaitingProcess waiting, ContainerCgroup cgroup) : IDisposable
{
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(60);

    // The report of the start is usually there when the process has ended; this bounds the wait for it.
    private static readonly TimeSpan s_startReport = TimeSpan.FromSeconds(2);

    // The agent may learn a moment after the fact that a process has ended.
    private static readonly TimeSpan s_lateNews = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task? _start;
    private int? _endedBySignal;
    private PseudoTerminal? _terminal;
    private volatile bool _reported;

    private string Name => $"{kind} {id}";

    internal ChildProcess Child => waiting.Child;

    /// <summary>Whether hooks run between its start and its program.</summary>
    internal bool HasHooks { get; init; }

    internal InputPipe Stdin { get; private set; } = new(waiting.Pipes.Stdin);

    internal OutputPipe Stdout { get; private set; } = new(waiting.Pipes.Stdout);

    /// <summary>With a terminal it has ended.</summary>
    internal OutputPipe Stderr { get; } = new(waiting.Pipes.Stderr);

    internal bool HasEnded => Child.Exit.IsCompleted;

    /// <summary>For one whose end would explain a failure: whether it has ended.</summary>
    internal async Task<bool> HasEndedAsync()
    {
        _ = await Task.WhenAny(Child.Exit, Task.Delay(s_lateNews)).ConfigureAwait(false);
        return HasEnded;
    }

    /// <summary>Whether its program was executed.</summary>
    internal bool HasStarted
    {
        get
        {
            lock (_gate)
            {
                return _start is { IsCompletedSuccessfully: true };
            }
        }
    }

    /// <summary>Whether the host knows everything about it: it has ended, the status was reported, and all of its output read.</summary>
    internal bool IsToldInFull => HasEnded && _reported && Stdout.IsDrained && (_terminal is not null || Stderr.IsDrained);

    /// <summary>Lets the new process prepare itself with its document, and waits until it has.</summary>
    /// <param name="cancellation">The deadline.</param>
    /// <param name="ids">The maps of the user namespace that it makes, if any.</param>
    internal async Task PrepareAsync(CancellationToken cancellation, IdMaps? ids = null)
    {
        // It reads from the same pipe.
        _ = await waiting.Up.WaitAsync(cancellation).ConfigureAwait(false);
        Step(SetupChannel.Prepare);
        var report = await SetupChannel.ReadReportAsync(waiting.Pipes.Report, cancellation).ConfigureAwait(false);
        if (report is [SetupChannel.Born, ..])
        {
            // The report came late.
            report = report.Length > 1 ? report[1..] : await SetupChannel.ReadReportAsync(waiting.Pipes.Report, cancellation).ConfigureAwait(false);
        }

        if (report is [SetupChannel.Unmapped] && ids is not null)
        {
            ids.Write(Child.Pid);
            Step(SetupChannel.Mapped);
            report = await SetupChannel.ReadReportAsync(waiting.Pipes.Report, cancellation).ConfigureAwait(false);
        }

        if (report.Length == 0)
        {
            throw Failures.Internal($"{Name}: its process "
                + (cgroup.HasKilledForMemory() ? "was killed for its memory: the memory limit is too low" : "ended while it was prepared"));
        }

        if (report[0] != SetupChannel.Ready)
        {
            throw Failure(report);
        }

        if (SetupChannel.TerminalOf(report) is { } master)
        {
            TakeTerminal(Child.TakeDescriptor(master));
        }
    }

    /// <summary>Sets the size of its terminal, in characters.</summary>
    internal void Resize(uint rows, uint columns)
    {
        if (_terminal is null)
        {
            throw Failures.State($"{Name} has no terminal");
        }

        SpecRules.CheckSize(rows, columns, "the terminal's size");
        try
        {
            Terminal.SetSize(_terminal.Master, new TerminalSize((ushort)rows, (ushort)columns));
        }
        catch (Exception failure) when (failure is LinuxException or ObjectDisposedException)
        {
            throw Failures.State($"the terminal of {Name} is closed");
        }
    }

    /// <summary>
    /// Executes the program, once; completes when it runs. A repeated call gets the outcome of the first: the successor of a daemon that died before it
    /// recorded the start repeats the call.
    /// </summary>
    /// <param name="ifBegun">Whether to execute nothing, and fail without an earlier call.</param>
    /// <param name="cancellation">The deadline.</param>
    internal Task StartAsync(bool ifBegun, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_start is null && ifBegun)
            {
                throw Failures.State($"{Name} is not started");
            }

            if (_start is null && HasEnded)
            {
                throw Failures.State($"{Name} is stopped");
            }

            return (_start ??= ExecuteAsync()).WaitAsync(cancellation);
        }
    }

    /// <summary>The exit code, or 128 plus the signal, once the process has ended.</summary>
    internal async Task<int> WaitAsync(CancellationToken cancellation)
    {
        var exit = await Child.Exit.WaitAsync(cancellation).ConfigureAwait(false);
        _reported = true;
        return _endedBySignal is { } signal ? 128 + signal : exit.Status;
    }

    /// <summary>Why the program could not be executed; empty when it was executed, or never started. For a process that has ended.</summary>
    internal async Task<string> StartFailureAsync()
    {
        Task? start;
        lock (_gate)
        {
            start = _start;
        }

        try
        {
            await (start ?? Task.CompletedTask).WaitAsync(s_startReport).ConfigureAwait(false);
            return "";
        }
        catch (TtrpcException failure)
        {
            return failure.Message;
        }
        catch (Exception failure) when (failure is TimeoutException or IOException or LinuxException)
        {
            // The exit is reported without a cause.
            return "";
        }
    }

    /// <summary>Sends a signal.</summary>
    internal void Signal(int signal)
    {
        if (!Child.Signal(Translate(signal)))
        {
            throw Failures.State($"{kind} not running");
        }
    }

    /// <summary>
    /// The signal to send for one that is asked for. The kernel spares the first process of a pid namespace the default action of signals, also while it
    /// runs the agent's code before its start, or before its program. But to the caller a created container is a process that a signal may end.
    /// </summary>
    internal int Translate(int signal)
    {
        lock (_gate)
        {
            var isProgram = HasHooks ? _start is { IsCompleted: true } : _start is not null;
            if (isProgram || signal is 0 || !ProcessSignals.EndsByDefault(signal))
            {
                return signal;
            }

            _endedBySignal ??= signal;
            return Signals.SIGKILL;
        }
    }

    /// <summary>Kills it and waits for its end.</summary>
    internal Task KillAsync(CancellationToken deadline) => waiting.KillAsync(deadline);

    /// <summary>Kills it, waits for its end, and frees its resources.</summary>
    internal async Task EndAsync(CancellationToken deadline)
    {
        await KillAsync(deadline).ConfigureAwait(false);
        Dispose();
    }

    /// <summary>Frees the resources of an ended process.</summary>
    public void Dispose()
    {
        Stdin.Dispose();
        Stdout.Dispose();
        Stderr.Dispose();
        _terminal?.Dispose();
        waiting.Dispose();
    }

    // Output ends with the process: neither earlier, while no process has the terminal open (the slave is kept), nor later, when others have. A closed
    // input hangs the terminal up.
    private void TakeTerminal(SafeFileHandle master)
    {
        Stdin.Dispose();
        Stdout.Dispose();
        _terminal = PseudoTerminal.Of(master);
        if (waiting.StreamOwner is { } owner)
        {
            FileOwner.SetUser(_terminal.Slave, owner);
        }

        var output = new OutputPipe(Descriptors.Duplicate(master), Child.Exit);
        Stdout = output;
        Stdin = new InputPipe(master, output.HangUp);
    }

    private async Task ExecuteAsync()
    {
        Step(SetupChannel.Start);
        var limit = HasHooks ? StartHooks.Limit + s_startDeadline : s_startDeadline;
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            // The pipe's end: the program runs (or was killed on the way, which its exit status tells).
            var report = await SetupChannel.ReadReportAsync(waiting.Pipes.Report, deadline.Token).ConfigureAwait(false);
            waiting.Pipes.CloseSetup();
            if (report.Length > 0)
            {
                throw Failure(report);
            }

            if (HasHooks && _endedBySignal is { } signal)
            {
                throw Failures.State($"{Name} was ended by {Signals.Name(signal)} before its program ran");
            }
        }
        catch (OperationCanceledException)
        {
            throw Failures.Late($"{Name} did not start within {limit.TotalSeconds} s");
        }
    }

    private void Step(byte step)
    {
        try
        {
            _ = Descriptors.TryWrite(waiting.Pipes.Steps, [step]);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EPIPE)
        {
            // The process has ended; its report, or a missing report, gives the cause.
        }
    }

    private static TtrpcException Failure(byte[] report)
    {
        var message = SetupChannel.Message(report);
        return report[0] == SetupChannel.InvalidRequest ? Failures.Invalid(message) : Failures.Internal(message);
    }
}

using KataActors.Agent.Setup;
using KataActors.Agent.Streams;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Containers;

/// <summary>
/// One container: created → running → stopped, where a signal may lead from created to stopped at once.
/// Owns all of the container's resources; only <see cref="RemoveAsync"/> frees them.
/// </summary>
internal sealed class Container(string id, WaitingProcess first, IReadOnlyList<string> storages)
{
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(60);

    // The report of the start is usually there when the process has ended; this bounds the wait for it.
    private static readonly TimeSpan s_startReport = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task? _start;
    private int? _endedBySignal;

    internal string Id => id;

    internal int Pid => first.Process.Pid;

    internal IReadOnlyList<string> Storages => storages;

    internal InputPipe Stdin { get; } = new(first.Pipes.Stdin);

    internal OutputPipe Stdout { get; } = new(first.Pipes.Stdout);

    internal OutputPipe Stderr { get; } = new(first.Pipes.Stderr);

    /// <summary>
    /// Executes the program, once; completes when it runs. A repeated call gets the outcome of the first: the successor of a daemon that died before it
    /// recorded the start repeats the call.
    /// </summary>
    internal Task StartAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_start is null && first.Process.Exit.IsCompleted)
            {
                throw Failures.State($"container \"{id}\" is stopped");
            }

            return (_start ??= ExecuteAsync()).WaitAsync(cancellation);
        }
    }

    private async Task ExecuteAsync()
    {
        Step(SetupChannel.Start);
        using var deadline = new CancellationTokenSource(s_startDeadline);
        try
        {
            // The pipe's end: the program runs (or was killed on the way, which its exit status tells).
            if (await SetupChannel.ReadReportAsync(first.Pipes.Report, deadline.Token).ConfigureAwait(false) is { Length: > 0 } report)
            {
                throw Failure(report);
            }
        }
        catch (OperationCanceledException)
        {
            throw Failures.Late($"container \"{id}\" did not start within {s_startDeadline.TotalSeconds} s");
        }
    }

    /// <summary>Lets the new process prepare the container, and waits until it has.</summary>
    internal async Task PrepareAsync(CancellationToken cancellation)
    {
        Step(SetupChannel.Prepare);
        var report = await SetupChannel.ReadReportAsync(first.Pipes.Report, cancellation).ConfigureAwait(false);
        if (report is [SetupChannel.Born, ..])
        {
            // The report came late.
            report = report.Length > 1 ? report[1..] : await SetupChannel.ReadReportAsync(first.Pipes.Report, cancellation).ConfigureAwait(false);
        }

        if (report.Length == 0)
        {
            throw Failures.Internal($"container \"{id}\": its process "
                + (first.Cgroup.HasKilledForMemory() ? "was killed for its memory: the memory limit is too low" : "ended while it was prepared"));
        }

        if (report[0] != SetupChannel.Ready)
        {
            throw Failure(report);
        }
    }

    /// <summary>The exit code, or 128 plus the signal, once the process has ended.</summary>
    internal async Task<int> WaitAsync(CancellationToken cancellation)
    {
        var exit = await first.Process.Exit.WaitAsync(cancellation).ConfigureAwait(false);
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

    /// <summary>Sends a signal to the container's first process.</summary>
    internal void Signal(int signal)
    {
        if (!first.Process.Signal(Translate(signal)))
        {
            throw Failures.State("container not running");
        }
    }

    /// <summary>Sends a signal to all processes of the container. After the end of the first one these are the remaining ones, if any.</summary>
    internal void SignalAll(int signal)
    {
        if (Translate(signal) == Signals.SIGKILL)
        {
            first.Cgroup.Kill();
            return;
        }

        foreach (var pid in first.Cgroup.Processes())
        {
            ProcessSignals.Send(pid, signal);
        }
    }

    /// <summary>Changes its limits.</summary>
    internal void Update(UpdateContainerRequest request)
    {
        if (first.Process.Exit.IsCompleted)
        {
            throw Failures.State($"container \"{id}\" is stopped");
        }

        first.Cgroup.Update(request.Whole ? CgroupLimits.Whole(request.Resources) : CgroupLimits.From(request.Resources));
    }

    /// <summary>Kills the remaining processes and frees all resources.</summary>
    internal async Task RemoveAsync(CancellationToken deadline)
    {
        await first.KillAsync(deadline).ConfigureAwait(false);
        Stdin.Dispose();
        Stdout.Dispose();
        Stderr.Dispose();
        first.Dispose();
    }

    // The kernel spares the first process of a pid namespace the default action of signals, also while it runs the agent's code before its start. But
    // to the caller a created container is a process that a signal may end.
    private int Translate(int signal)
    {
        lock (_gate)
        {
            if (_start is not null || signal is 0 || !ProcessSignals.EndsByDefault(signal))
            {
                return signal;
            }

            _endedBySignal ??= signal;
            return Signals.SIGKILL;
        }
    }

    private void Step(byte step)
    {
        try
        {
            _ = Descriptors.TryWrite(first.Pipes.Steps, [step]);
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

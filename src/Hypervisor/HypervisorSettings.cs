namespace KataActors.Hypervisor;

/// <summary>The deadlines of a <see cref="HypervisorActor"/>: longest waits, not usual ones.</summary>
public sealed record HypervisorSettings
{
    /// <summary>For making the namespaces and starting QEMU.</summary>
    public TimeSpan LaunchTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the monitor to greet, counted from QEMU's start or from a reconnect.</summary>
    public TimeSpan MonitorConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For a monitor command's reply.</summary>
    public TimeSpan MonitorCommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the guest to release unplugged vCPUs.</summary>
    public TimeSpan UnplugTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the state of a template to be written or read.</summary>
    public TimeSpan MigrationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause before a retry: of the connection to a lost monitor, of a failed look at a process, and of an unanswered query to the monitor.</summary>
    public TimeSpan MonitorReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For QEMU to exit by itself after it has announced the guest's end; then it is killed.</summary>
    public TimeSpan ExitTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First step of the escalation: for QEMU to exit after the monitor's <c>quit</c>.</summary>
    public TimeSpan QuitTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Second step: for QEMU to exit after SIGTERM.</summary>
    public TimeSpan TerminateTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Last step: for the kernel to end QEMU after SIGKILL.</summary>
    public TimeSpan KillTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

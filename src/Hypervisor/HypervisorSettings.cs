namespace KataActors.Hypervisor;

/// <summary>The deadlines of a <see cref="HypervisorActor"/>. Every one is the longest wait, not a usual one.</summary>
public sealed record HypervisorSettings
{
    /// <summary>For making the namespaces and starting QEMU.</summary>
    public TimeSpan LaunchTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the monitor to greet, counted from QEMU's start or from a reconnect.</summary>
    public TimeSpan MonitorConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For a monitor command's reply.</summary>
    public TimeSpan MonitorCommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the guest to let go of vCPUs that are unplugged.</summary>
    public TimeSpan UnplugTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the state of a template to be written or read.</summary>
    public TimeSpan MigrationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between the loss of the monitor of a live QEMU and the next attempt to connect; likewise before a next look at a process that could not be looked at, and a next question to a monitor that has not answered.</summary>
    public TimeSpan MonitorReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For QEMU to exit by itself once it has said that the guest is over; then it is killed.</summary>
    public TimeSpan ExitTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First rung of the stop ladder: for QEMU to exit after the monitor's <c>quit</c>.</summary>
    public TimeSpan QuitTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Second rung: for QEMU to exit after SIGTERM.</summary>
    public TimeSpan TerminateTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Last rung: for the kernel to end QEMU after SIGKILL.</summary>
    public TimeSpan KillTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

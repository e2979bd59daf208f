using KataActors.Hypervisor.Qmp;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>The known facts about the end of a VMM: the monitor's events give the reason, the process's exit the proof.</summary>
internal sealed record VmmDeath
{
    /// <summary>No sign of an end yet.</summary>
    public static readonly VmmDeath None = new();

    private bool GuestPanicked { get; init; }

    private string? ShutdownReason { get; init; }

    /// <summary>Whether QEMU has announced the guest's end, so that its own exit must follow.</summary>
    public bool IsAnnounced => GuestPanicked || ShutdownReason is not null;

    /// <summary>Adds an event; an event that is unrelated to the end changes nothing.</summary>
    public VmmDeath With(QmpEvent monitorEvent) => monitorEvent.Name switch
    {
        "GUEST_PANICKED" => this with { GuestPanicked = true },
        "SHUTDOWN" => this with { ShutdownReason = monitorEvent.Text("reason") ?? "unknown" },
        _ => this,
    };

    /// <summary>The end in words: how and why.</summary>
    /// <param name="exit">The process's exit; null when it was not a child of this process.</param>
    /// <param name="lastLogLine">The last line of its stderr.</param>
    public string Describe(ProcessExit? exit, string? lastLogLine)
    {
        var process = exit switch
        {
            { Signal: { } signal } => $"QEMU was killed by signal {signal}",
            { Code: { } code } => $"QEMU exited with code {code}",
            _ => "QEMU ended",
        };
        var cause = Cause();
        var failed = exit is not { Code: 0 };
        return (cause, failed, lastLogLine) switch
        {
            (not null, false, _) => cause,
            (not null, true, null) => $"{cause}, {process}",
            (not null, true, _) => $"{cause}, {process}: {lastLogLine}",
            (null, _, null) => process,
            (null, _, _) => $"{process}: {lastLogLine}",
        };
    }

    // RunState and ShutdownCause of QEMU, qapi/run-state.json.
    private string? Cause() => ShutdownReason switch
    {
        _ when GuestPanicked => "guest kernel panicked",
        null => null,
        "guest-panic" => "guest kernel panicked",
        "guest-reset" => "guest reset: its kernel panicked or it rebooted",
        "guest-shutdown" => "guest shut down",
        "host-signal" => "QEMU was ended by a signal",
        "host-qmp-quit" => "QEMU was told to quit",
        "host-error" => "QEMU met an error",
        var other => $"VM shut down ({other})",
    };
}

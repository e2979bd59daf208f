using System.Text.Json;
using KataActors.Hypervisor.Qmp;
using KataActors.Linux;

namespace KataActors.Hypervisor.Tests;

public sealed class VmmDeathSpecs
{
    [Theory]
    [InlineData(null, 9, null, null, "QEMU was killed by signal 9")]
    [InlineData(1, null, null, "qemu: -M x: unsupported", "QEMU exited with code 1: qemu: -M x: unsupported")]
    [InlineData(0, null, null, null, "QEMU exited with code 0")]
    [InlineData(0, null, "guest-shutdown", "noise", "guest shut down")]
    [InlineData(0, null, "guest-reset", null, "guest reset: its kernel panicked or it rebooted")]
    [InlineData(0, null, "guest-panic", null, "guest kernel panicked")]
    [InlineData(0, null, "something-new", null, "VM shut down (something-new)")]
    [InlineData(null, 11, "guest-shutdown", "last", "guest shut down, QEMU was killed by signal 11: last")]
    [InlineData(null, null, null, null, "QEMU ended")]
    [InlineData(null, null, "host-signal", null, "QEMU was ended by a signal, QEMU ended")]
    public void Should_say_how_and_why_when_a_vmm_died(int? code, int? signal, string? reason, string? line, string expected)
    {
        var death = reason is null ? VmmDeath.None : VmmDeath.None.With(Event("SHUTDOWN", $$"""{"reason": "{{reason}}"}"""));
        ProcessExit? exit = code is null && signal is null ? null : new ProcessExit(code, signal);

        Assert.Equal(expected, death.Describe(exit, line));
    }

    [Fact]
    public void Should_blame_the_panic_when_a_shutdown_follows_it()
    {
        var death = VmmDeath.None
            .With(Event("GUEST_PANICKED", """{"action": "poweroff"}"""))
            .With(Event("SHUTDOWN", """{"reason": "guest-shutdown"}"""));

        Assert.Equal("guest kernel panicked", death.Describe(new ProcessExit(0, null), null));
    }

    [Theory]
    [InlineData("STOP", false)]
    [InlineData("SHUTDOWN", true)]
    [InlineData("GUEST_PANICKED", true)]
    public void Should_await_the_exit_when_an_event_announces_it(string name, bool announced) =>
        Assert.Equal(announced, VmmDeath.None.With(new QmpEvent(name, default)).IsAnnounced);

    [Fact]
    public void Should_make_a_reason_of_any_content_short_and_printable()
    {
        var hostile = """{"reason": "\u001b[2J\n""" + new string('x', 100_000) + "\"}";

        var reason = VmmDeath.None.With(Event("SHUTDOWN", hostile)).Describe(new ProcessExit(0, null), null);

        Assert.StartsWith(@"VM shut down (\u001b[2J\nxxx", reason, StringComparison.Ordinal);
        Assert.InRange(reason.Length, 250, 300);
    }

    private static QmpEvent Event(string name, string data)
    {
        using var document = JsonDocument.Parse(data);
        return new QmpEvent(name, document.RootElement.Clone());
    }
}

using System.Text;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class TerminalSpecs
{
    [Fact]
    public void Should_pass_every_byte_unchanged_in_raw_mode_and_restore_the_settings()
    {
        using var terminal = PseudoTerminal.Open();
        var before = Terminal.TryReadSettings(terminal.Slave)!;

        Terminal.Apply(terminal.Slave, before.Raw());
        BlockingStreams.Write(terminal.Master, "\u0003\u0004\r"u8);
        Assert.Equal("\u0003\u0004\r", Read(terminal.Slave));
        BlockingStreams.Write(terminal.Slave, "a\n"u8);
        Assert.Equal("a\n", Read(terminal.Master));

        Terminal.Apply(terminal.Slave, before);
        BlockingStreams.Write(terminal.Slave, "a\n"u8);
        Assert.Equal("a\r\n", Read(terminal.Master));
    }

    [Fact]
    public void Should_show_the_size_at_both_ends()
    {
        using var terminal = PseudoTerminal.Open();
        Assert.False(Terminal.ReadSize(terminal.Slave).IsKnown);

        Terminal.SetSize(terminal.Master, new TerminalSize(40, 100));

        Assert.Equal(new TerminalSize(40, 100), Terminal.ReadSize(terminal.Slave));
    }

    [Fact]
    public void Should_tell_a_terminal_from_a_pipe()
    {
        var (readEnd, writeEnd) = Descriptors.Pipe();
        using (readEnd)
        using (writeEnd)
        {
            Assert.Null(Terminal.TryReadSettings(readEnd));
        }
    }

    [Fact]
    public void Should_end_the_master_when_the_slave_is_closed()
    {
        using var terminal = PseudoTerminal.Open();
        terminal.Slave.Dispose();

        Assert.Equal(Errno.EIO, Assert.Throws<LinuxException>(() => Read(terminal.Master)).Errno);
    }

    private static string Read(Microsoft.Win32.SafeHandles.SafeFileHandle end)
    {
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer, 0, BlockingStreams.Read(end, buffer));
    }
}

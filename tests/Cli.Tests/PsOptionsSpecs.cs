using KataActors.Cli.Output;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Tests;

/// <summary>The options of ps, and the table that they ask for.</summary>
public class PsOptionsSpecs
{
    private static readonly ProcessesResponse s_processes = new()
    {
        MemoryKib = 100_000,
        Processes =
        {
            new GuestProcess
            {
                Pid = 1, State = "S", Nice = 5, Threads = 2, Name = "init", Command = "init --all", ElapsedMs = 100_000, CpuMs = 25_000, VirtualKib = 2000, ResidentKib = 1500,
            },
            new GuestProcess { Pid = 120, Ppid = 1, Uid = 4_000_000_000, Tty = 0x8803, State = "R", Threads = 1, Name = "k\u001b[2Jid", ElapsedMs = 90_061_000, CpuMs = 3_661_000 },
        },
    };

    [Theory]
    [InlineData("-ef", "UID PID PPID C STIME TTY TIME CMD")]
    [InlineData("-e -f -w", "UID PID PPID C STIME TTY TIME CMD")]
    [InlineData("-A", "PID TTY TIME CMD")]
    [InlineData("aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND")]
    [InlineData("-aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND")]
    [InlineData("-o pid,comm", "PID COMMAND")]
    [InlineData("-eo pid -o user=WHO", "PID WHO")]
    [InlineData("-opid,args", "PID COMMAND")]
    [InlineData("axo ppid,etime", "PPID ELAPSED")]
    public void Should_choose_the_columns(string options, string headings) =>
        Assert.Equal(headings.Split(' '), PsOptions.Columns(options.Split(' ')).Select(column => column.Heading));

    [Fact]
    public void Should_choose_those_of_a_full_list_by_default() => Assert.Equal(PsOptions.Columns(["-ef"]), PsOptions.Columns([]));

    [Theory]
    [InlineData("-Z", "option \"-Z\" of ps is unknown")]
    [InlineData("--sort=pid", "option \"--sort=pid\" of ps is unknown")]
    [InlineData("-ef -p 1", "option \"-p\" of ps is unknown")]
    [InlineData("auxZ", "option \"auxZ\" of ps is unknown")]
    [InlineData("-o", "option \"-o\" of ps is unknown")]
    [InlineData("-o pid,secret", "column \"secret\" of ps is unknown")]
    [InlineData("-o ,", "option \"-o\" of ps needs names of columns")]
    public void Should_name_what_it_does_not_know(string options, string message)
    {
        var failure = Assert.Throws<CommandFailure>(() => PsOptions.Columns(options.Split(' ')));
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(CommandFailure.Usage, failure.ExitCode);
    }

    [Fact]
    public void Should_show_untrusted_text_without_its_control_characters() => Assert.Equal(
        """
        PID PPID USER       TT    STAT  C %CPU %MEM NLWP COMMAND
          1    0 root       ?     SNl  25 25.0  1.5    2 init --all
        120    1 4000000000 pts/3 R     4  4.1  0.0    1 [k\u001b[2Jid]

        """,
        Table("-o", "pid,ppid,user,tt,stat,c,%cpu,%mem,nlwp,args"));

    [Fact]
    public void Should_show_times() => Assert.Equal(
        """
           ELAPSED ELAPSED     TIME  TIME
             01:40     100 00:00:25  0:25
        1-01:01:01   90061 01:01:01 61:01

        """,
        Table("-o", "etime,etimes,time,bsdtime"));

    [Fact]
    public void Should_leave_out_the_first_line_when_no_column_has_a_heading() => Assert.Equal("  1\n120\n", Table("-o", "pid="));

    private static string Table(params string[] options) => ProcessTable.Write(PsOptions.Columns(options), s_processes);
}

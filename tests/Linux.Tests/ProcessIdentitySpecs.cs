using System.Text;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class ProcessIdentitySpecs
{
    [Theory]
    [InlineData("17 (sh) S 1 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9", 'S', 4711UL)]
    [InlineData("17 (a) R 1 (b)) Z 1 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 18446744073709551615 9", 'Z', ulong.MaxValue)]
    public void Should_find_state_and_start_time_when_the_name_holds_anything(string stat, char state, ulong startTime) =>
        Assert.Equal((state, startTime), ProcessIdentity.Parse(Encoding.UTF8.GetBytes(stat)));

    [Theory]
    [InlineData("")]
    [InlineData("17 (sh)")]
    [InlineData("17 (sh) ")]
    [InlineData("17 (sh) S 1 2")]
    [InlineData("17 (sh) S 1 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x")]
    public void Should_find_nothing_when_the_text_is_cut_or_wrong(string stat) =>
        Assert.Null(ProcessIdentity.Parse(Encoding.UTF8.GetBytes(stat)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Should_have_no_identity_when_there_is_no_such_process(int pid) => Assert.Null(ProcessIdentity.TryRead(pid));

    [Fact]
    public void Should_be_alive_when_it_is_this_process()
    {
        var own = ProcessIdentity.TryRead(Environment.ProcessId);

        Assert.True(own!.Value.IsAlive());
        Assert.False((own.Value with { StartTime = own.Value.StartTime - 1 }).IsAlive());
    }

    [Fact]
    public async Task Should_be_dead_when_the_process_is_a_zombie()
    {
        using var child = ChildScript.Start("exit 0");
        var identity = ProcessIdentity.TryRead(child.Pid)!.Value;

        await child.Pidfd.WaitForExitAsync(Deadline.Token);

        Assert.NotNull(ProcessIdentity.TryRead(child.Pid));
        Assert.False(identity.IsAlive());
    }

    [Fact]
    public async Task Should_read_the_start_time_when_the_name_of_the_process_holds_parentheses()
    {
        using var directory = new TemporaryDirectory();
        var odd = directory.File("a) S 1 (b");
        ProgramFile.Copy("/bin/cat", odd);

        using var child = ChildScript.Start($"exec '{odd}' /proc/self/stat -", Descriptors.Open("/dev/null", OpenFlags.ReadOnly));
        var stat = await child.ReadLineAsync();

        Assert.Contains("(a) S 1 (b)", stat);
        Assert.Equal(ProcessIdentity.TryRead(child.Pid)!.Value.StartTime, ProcessIdentity.Parse(Encoding.UTF8.GetBytes(stat))!.Value.StartTime);
    }

    [Fact]
    public void Should_be_dead_when_it_was_a_process_of_another_boot()
    {
        var own = ProcessIdentity.TryRead(Environment.ProcessId)!.Value;

        Assert.False((own with { Boot = "9f6f6a2e-0000-4000-8000-000000000000" }).IsAlive());
        Assert.Null(Pidfd.TryOpen(own with { Boot = "" }));
    }

    [Fact]
    public void Should_know_the_boot() => Assert.True(Guid.TryParse(ProcessIdentity.BootId, out _));
}

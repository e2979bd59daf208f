using KataActors.Agent.Rpc;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

/// <summary>The kernel's files about CPUs, in a folder of the test.</summary>
public sealed class GuestCpusSpecs : IDisposable
{
    private readonly TempDirectory _folder = new();

    public GuestCpusSpecs()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "cpu0"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "cpufreq"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "cpu"));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Should_bring_on_line_as_many_as_asked_for_lowest_first()
    {
        Add(1, "1\n");
        Add(2, "0\n");
        Add(10, "0\n");
        Add(9, "0\n");

        await OnlineAsync(2);

        Assert.Equal(["1", "1", "1", "0"], [Read(1), Read(2), Read(9), Read(10)]);
    }

    [Fact]
    public async Task Should_bring_on_line_whatever_is_there_when_no_number_is_given()
    {
        Add(1, "0\n");
        Add(2, "0\n");

        await OnlineAsync(0);

        Assert.Equal(["1", "1"], [Read(1), Read(2)]);
    }

    [Fact]
    public async Task Should_wait_for_a_cpu_that_has_not_appeared_yet()
    {
        var online = OnlineAsync(1);
        Assert.False(online.IsCompleted);

        Add(1, "0\n");

        await online.WaitAsync(Deadline.Span);
        Assert.Equal("1", Read(1));
    }

    [Theory]
    [InlineData(1, "0 0 0")]
    [InlineData(2, "1 0 0")]
    [InlineData(3, "1 0 1")]
    [InlineData(4, "1 1 1")]
    public async Task Should_have_as_many_on_line_as_are_wanted_in_all(uint wanted, string expected)
    {
        Add(1, "1\n");
        Add(2, "0\n");
        Add(3, "1\n");

        await GuestCpus.SetAsync(new OnlineCPUMemRequest { Wait = true, CpuOnly = true, NbCpus = 7, OnlineCpus = wanted }, CancellationToken.None, _folder.Path).WaitAsync(Deadline.Span);

        Assert.Equal(expected, $"{Read(1)} {Read(2)} {Read(3)}");
    }

    [Fact]
    public async Task Should_give_up_when_its_caller_does()
    {
        using var caller = new CancellationTokenSource();
        var online = OnlineAsync(1, caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => online.WaitAsync(Deadline.Span));
    }

    [Fact]
    public async Task Should_answer_at_once_when_it_is_not_to_wait()
    {
        await GuestCpus.SetAsync(new OnlineCPUMemRequest { NbCpus = 1, CpuOnly = true }, CancellationToken.None, _folder.Path).WaitAsync(Deadline.Span);

        Add(1, "0\n");

        await Eventually.HoldsAsync(() => Read(1) == "1");
    }

    private Task OnlineAsync(uint count, CancellationToken cancellation = default) =>
        GuestCpus.SetAsync(new OnlineCPUMemRequest { Wait = true, NbCpus = count, CpuOnly = true }, cancellation, _folder.Path);

    // The whole file appears at once, as the kernel's does.
    private void Add(int number, string online)
    {
        var made = Directory.CreateDirectory(Path.Combine(_folder.Path, $"new{number}")).FullName;
        File.WriteAllText(Path.Combine(made, "online"), online);
        Directory.Move(made, Path.Combine(_folder.Path, $"cpu{number}"));
    }

    private string Read(int number) => File.ReadAllText(Path.Combine(_folder.Path, $"cpu{number}", "online"))[..1];
}

using System.Globalization;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The memory of the stand-in, which lives as long as its container.</summary>
public sealed class StandInMemorySpecs : IAsyncDisposable
{
    private const int Mebibyte = 1024 * 1024;
    private const int MostPssKib = 5_000_000 / 1024;

    private readonly CliFixture _fixture = new();
    private readonly ITestOutputHelper _output;
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayGoOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _waitingAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The stand-in is measured at its first and its second wait for the exit code.
    public StandInMemorySpecs(ITestOutputHelper output)
    {
        _output = output;
        _fixture.Daemon!.OnRequest = async request =>
        {
            if (request is WaitRequest wait && _waiting.TrySetResult())
            {
                wait.WaitMs = 0;
                await _mayGoOn.Task;
            }
            else if (request is WaitRequest)
            {
                _waitingAgain.TrySetResult();
            }
        };
    }

    public async ValueTask DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Should_keep_every_page_of_its_program_that_was_written_when_it_has_settled()
    {
        var pid = await _fixture.CreateAsync("c1");
        await _waiting.Task.WaitAsync(Deadline.Token);
        var constants = ReadConstants();
        var variables = ReadVariables();
        await GoOnAsync();

        // The page of the runtime's stack cookie is among them: when it changes, a thread that is inside a function aborts at its end.
        Assert.NotEmpty(constants);
        Assert.Equal(constants, ReadConstants());
        Assert.NotEmpty(variables);
        Assert.Empty(variables.Keys.Except(ReadVariables().Keys));

        Dictionary<long, byte[]> ReadConstants() => ProgramPages.ReadWritten(pid, permissions => permissions == "r--p");
        Dictionary<long, byte[]> ReadVariables() => ProgramPages.ReadWritten(pid, permissions => permissions == "rw-p");
    }

    [Fact]
    public async Task Should_stay_small_when_it_has_copied_a_gibibyte_of_output_and_much_input()
    {
        const int InputMebibytes = 128;
        using (var file = File.OpenHandle(_fixture.File("in"), FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(file, InputMebibytes * (long)Mebibyte);
        }

        using var input = File.OpenHandle(_fixture.File("in"));
        var pid = await _fixture.CreateAsync("c1", input);
        var container = _fixture.Daemon!["c1"];
        container.Start();
        await _waiting.Task.WaitAsync(Deadline.Token);
        await GoOnAsync();
        for (ulong copied = 1; copied <= 1024; copied++)
        {
            container.Write(OutputStream.Stdout, new byte[Mebibyte]);
            await container.WaitUntilAsync(some => some.Acknowledged(OutputStream.Stdout) == copied * Mebibyte);
            if (copied == 10)
            {
                _output.WriteLine($"PSS after 10 MiB: {PssKib(pid)} KiB");
                Assert.InRange(PssKib(pid), 1, MostPssKib);
            }
        }

        await container.WaitUntilAsync(some => some.InputClosed);
        _output.WriteLine($"PSS: {PssKib(pid)} KiB");
        Assert.InRange(PssKib(pid), 1, MostPssKib);
        Assert.Equal(InputMebibytes * Mebibyte, container.Input.Length);
    }

    [Fact]
    public async Task Should_pass_on_all_of_its_input_when_it_settles_meanwhile()
    {
        var expected = new byte[24 * Mebibyte];
        new Random(1).NextBytes(expected);
        await File.WriteAllBytesAsync(_fixture.File("in"), expected);
        for (var run = 1; run <= Soak.Runs(usual: 3); run++)
        {
            using var input = File.OpenHandle(_fixture.File("in"));
            await using var another = new CliFixture();
            HoldFirstWait(another.Daemon!, until: 100);
            using var command = another.Start(["run", "--bundle", another.Bundle, "c1"], stdio: [input]);
            await Eventually.HoldsAsync(() => another.Daemon!.Requests.OfType<StartRequest>().Any());
            var container = another.Daemon!["c1"];
            await container.WaitUntilAsync(some => some.InputClosed);
            Assert.Equal(expected, container.Input);
            container.Exit(0);
            Assert.Equal(new CommandResult(0, "", ""), await command.WaitAsync());
        }
    }

    // The first answer comes in the middle of the input.
    private static void HoldFirstWait(FakeDaemon daemon, int until)
    {
        var written = 0;
        var middle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        daemon.OnRequest = async request =>
        {
            if (request is WriteInputRequest && ++written == until)
            {
                middle.SetResult();
            }
            else if (request is WaitRequest { WaitMs: > 0 } wait && !middle.Task.IsCompleted)
            {
                wait.WaitMs = 0;
                await middle.Task;
            }
        };
    }

    private async Task GoOnAsync()
    {
        _mayGoOn.SetResult();
        await _waitingAgain.Task.WaitAsync(Deadline.Token);
    }

    private static int PssKib(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/smaps_rollup").Single(line => line.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}

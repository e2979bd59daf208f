using System.Text;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>stdin, stdout and stderr of containers in a real guest.</summary>
public sealed class ContainerStreamSpecs(GuestFixture guest, ITestOutputHelper output)
{
    // Eleven bytes a line make ten MiB.
    private const int First = 1_000_000_000;
    private const int Lines = 953_251;

    [Fact]
    public async Task Should_lose_no_byte_when_ten_mebibytes_pass()
    {
        var container = await guest.ContainerAsync("seq", $"{First}", $"{First + Lines - 1}");
        await container.CreateAsync();
        await container.StartAsync();
        var bytes = await container.ReadToEndAsync();

        var lines = Encoding.ASCII.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(First, Lines), lines.Select(int.Parse));
        Assert.Equal(0, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_stay_small_when_ten_mebibytes_pass()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = new GuestContainer(vm, "writer", ["dd", "if=/dev/zero", "bs=64k", "count=160"]);
        await container.CreateAsync();
        await container.StartAsync();

        Assert.Equal(10 * 1024 * 1024, (await container.ReadToEndAsync()).Length);

        var kib = (await vm.Agent.GetGuestDetailsAsync(new(), GuestVm.CallTimeout, CancellationToken.None)).AgentRssKib;
        output.WriteLine($"agent RSS {kib} KiB");
        // A bound against growth, 3 % above what is measured; the target, 4882 KiB, is the benchmark's.
        Assert.InRange(kib, 1u, 5240u);
    }

    [Fact]
    public async Task Should_read_the_same_bytes_again_until_they_are_acknowledged()
    {
        var container = await guest.ContainerAsync("echo", "hello");
        await container.CreateAsync();
        await container.StartAsync();
        await container.WaitAsync();

        var first = await container.ReadAsync(0);
        var again = await container.ReadAsync(0);
        var rest = await container.ReadAsync(3);

        Assert.Equal(first.Data, again.Data);
        Assert.Equal("lo\n", rest.Data.ToStringUtf8());
        await ContainerLifecycleSpecs.FailsAsync(StatusCode.OutOfRange, () => container.ReadAsync(0));
        await ContainerLifecycleSpecs.FailsAsync(StatusCode.OutOfRange, () => container.ReadAsync(99));
        Assert.True((await container.ReadAsync(6)).EndOfStream);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_answer_empty_when_nothing_comes_in_time()
    {
        var container = await guest.ContainerAsync("sleep", "100");
        await container.CreateAsync();
        await container.StartAsync();

        var answer = await container.ReadAsync(0, waitMs: 50);

        Assert.Empty(answer.Data);
        Assert.False(answer.EndOfStream);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_accept_each_input_byte_once_when_writes_are_repeated()
    {
        var container = await guest.ContainerAsync("cat");
        await container.CreateAsync();
        await container.StartAsync();

        Assert.Equal(6u, await container.WriteAsync(0, "hello "u8.ToArray()));
        Assert.Equal(6u, await container.WriteAsync(0, "hello "u8.ToArray()));
        Assert.Equal(8u, await container.WriteAsync(3, "lo world"u8.ToArray()));
        await ContainerLifecycleSpecs.FailsAsync(StatusCode.OutOfRange, () => container.WriteAsync(50, [1]));
        await container.CloseInputAsync(11);

        Assert.Equal("hello world", Encoding.UTF8.GetString(await container.ReadToEndAsync()));
        Assert.Equal(0, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_accept_a_part_and_not_hang_when_the_process_does_not_read()
    {
        var container = await guest.ContainerAsync("sleep", "100");
        await container.CreateAsync();
        await container.StartAsync();
        var megabyte = new byte[1024 * 1024];

        var accepted = await container.WriteAsync(0, megabyte);
        var more = await container.WriteAsync(accepted, megabyte);

        Assert.InRange(accepted, 1u, 1024u * 1024 - 1);
        Assert.Equal(0u, more);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_refuse_input_when_the_reader_is_gone()
    {
        var container = await guest.ContainerAsync("true");
        await container.CreateAsync();
        await container.StartAsync();
        await container.WaitAsync();

        await ContainerLifecycleSpecs.FailsAsync(StatusCode.FailedPrecondition, () => container.WriteAsync(0, [1]));

        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_end_a_waiting_read_when_the_container_is_removed()
    {
        var container = await guest.ContainerAsync("sleep", "100");
        await container.CreateAsync();
        await container.StartAsync();
        var reading = container.ReadAsync(0, waitMs: 30_000);

        await container.RemoveAsync();

        var outcome = await Record.ExceptionAsync(() => reading);
        Assert.True(outcome is null or TtrpcException { Code: StatusCode.NotFound });
    }

    [Fact]
    public async Task Should_go_on_where_it_was_when_the_host_connects_again()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = new GuestContainer(vm, "survivor", ["sh", "-c", "seq 1 20000; read line; echo $line"]);
        await container.CreateAsync();
        await container.StartAsync();
        var first = (await container.ReadAsync(0, length: 1000)).Data.ToByteArray();

        await vm.ConnectAsync(ChannelTiming.Reconnect);

        Assert.Equal(4u, await container.WriteAsync(0, "end\n"u8.ToArray()));
        using var all = new MemoryStream();
        for (var end = false; !end;)
        {
            var answer = await container.ReadAsync((ulong)all.Length);
            answer.Data.WriteTo(all);
            end = answer.EndOfStream;
        }

        var expected = string.Concat(Enumerable.Range(1, 20_000).Select(number => $"{number}\n")) + "end\n";
        Assert.Equal(expected, Encoding.ASCII.GetString(all.ToArray()));
        Assert.StartsWith(Encoding.ASCII.GetString(first), expected, StringComparison.Ordinal);
        Assert.Equal(0, await container.WaitAsync());
    }
}

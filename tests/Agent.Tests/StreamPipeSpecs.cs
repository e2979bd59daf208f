using Google.Protobuf;
using KataActors.Agent.Streams;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

/// <summary>Both ends of a container's pipes, without a container.</summary>
public sealed class StreamPipeSpecs
{
    [Fact]
    public async Task Should_give_a_stock_host_each_byte_once_and_then_an_error()
    {
        var (read, write) = Descriptors.Pipe();
        using var output = new OutputPipe(read);
        Descriptors.TryWrite(write, "hello"u8);

        Assert.Equal("he", (await output.ReadAsync(new ReadStreamRequest { Len = 2 }, Deadline.Token)).Data.ToStringUtf8());
        Assert.Equal("llo", (await output.ReadAsync(new ReadStreamRequest(), Deadline.Token)).Data.ToStringUtf8());

        var waiting = output.ReadAsync(new ReadStreamRequest(), Deadline.Token);
        Assert.False(waiting.IsCompleted);
        write.Dispose();
        Assert.Equal(StatusCode.OutOfRange, (await Assert.ThrowsAsync<TtrpcException>(() => waiting)).Code);
    }

    [Fact]
    public async Task Should_tell_the_end_only_when_no_byte_follows()
    {
        var (read, write) = Descriptors.Pipe();
        using var output = new OutputPipe(read);
        Descriptors.TryWrite(write, "hello"u8);
        write.Dispose();

        var part = await output.ReadAsync(new ReadStreamRequest { Len = 4, Offset = 0, WaitMs = 0 }, Deadline.Token);
        Assert.Equal(("hell", false), (part.Data.ToStringUtf8(), part.EndOfStream));

        var end = await output.ReadAsync(new ReadStreamRequest { Offset = 4, WaitMs = 0 }, Deadline.Token);
        Assert.Equal(("o", true), (end.Data.ToStringUtf8(), end.EndOfStream));
    }

    [Fact]
    public async Task Should_hold_the_writer_back_when_nothing_is_acknowledged()
    {
        var (read, write) = Descriptors.Pipe();
        using var end = write;
        using var output = new OutputPipe(read, capacity: 4096);
        Descriptors.SetNonBlocking(write);
        for (var wrote = true; wrote;)
        {
            wrote = Descriptors.TryWrite(write, new byte[4096]) > 0;
        }

        // The same position again and again: the buffer fills, the pipe stays full.
        for (var i = 0; i < 3; i++)
        {
            var answer = await output.ReadAsync(new ReadStreamRequest { Offset = 0, WaitMs = 0 }, Deadline.Token);
            Assert.Equal(4096, answer.Data.Length);
        }

        Assert.True(Descriptors.TryWrite(write, new byte[4096]) is > 0);
        Assert.True(Descriptors.TryWrite(write, new byte[4096]) < 0);
    }

    [Fact]
    public async Task Should_leave_a_process_without_a_reader_when_the_host_has_none()
    {
        var (read, write) = Descriptors.Pipe();
        using var end = write;
        using var output = new OutputPipe(read);
        Descriptors.TryWrite(write, "hello"u8);
        await output.ReadAsync(new ReadStreamRequest { Offset = 0, WaitMs = 0 }, Deadline.Token);
        // Of a connection that is lost.
        var stale = output.ReadAsync(new ReadStreamRequest { Offset = 5, WaitMs = 60_000 }, Deadline.Token);

        foreach (var offset in new ulong[] { 2, 2, 5 })
        {
            var closed = await output.ReadAsync(new ReadStreamRequest { Offset = offset, Close = true }, Deadline.Token);
            Assert.Equal((0, true), (closed.Data.Length, closed.EndOfStream));
        }

        Assert.True((await stale).EndOfStream);
        Assert.True(output.IsDrained);
        await Eventually.HoldsAsync(() => Record.Exception(() => Descriptors.TryWrite(write, "!"u8)) is LinuxException { Errno: Errno.EPIPE });
    }

    [Fact]
    public async Task Should_give_the_wait_up_when_the_host_does()
    {
        var (read, write) = Descriptors.Pipe();
        using var end = write;
        using var output = new OutputPipe(read);
        using var host = new CancellationTokenSource();
        var waiting = output.ReadAsync(new ReadStreamRequest { Offset = 0, WaitMs = 60_000 }, host.Token);

        await host.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task Should_write_all_that_a_stock_host_sends()
    {
        var (read, write) = Descriptors.Pipe();
        using var input = new InputPipe(write);
        var bytes = new byte[300_000];
        new Random(5).NextBytes(bytes);

        var writing = input.WriteAsync(new WriteStreamRequest { Data = ByteString.CopyFrom(bytes) }, Deadline.Token);
        using var reader = new FileStream(read, FileAccess.Read);
        var got = new byte[bytes.Length];
        await reader.ReadExactlyAsync(got, Deadline.Token);

        Assert.Equal((uint)bytes.Length, (await writing).Len);
        Assert.Equal(bytes, got);
    }

    [Fact]
    public async Task Should_close_the_input_once_all_of_it_was_accepted()
    {
        var (read, write) = Descriptors.Pipe();
        using var input = new InputPipe(write);
        input.Close(5);
        Assert.Equal(5u, (await input.WriteAsync(new WriteStreamRequest { Offset = 0, Data = ByteString.CopyFromUtf8("hello") }, Deadline.Token)).Len);

        using var reader = new StreamReader(new FileStream(read, FileAccess.Read));
        Assert.Equal("hello", await reader.ReadToEndAsync(Deadline.Token));

        // A repetition of accepted bytes is allowed; further bytes are not.
        Assert.Equal(5u, (await input.WriteAsync(new WriteStreamRequest { Offset = 0, Data = ByteString.CopyFromUtf8("hello") }, Deadline.Token)).Len);
        var failure = await Assert.ThrowsAsync<TtrpcException>(() =>
            input.WriteAsync(new WriteStreamRequest { Offset = 5, Data = ByteString.CopyFromUtf8("!") }, Deadline.Token));
        Assert.Equal(StatusCode.FailedPrecondition, failure.Code);
    }
}

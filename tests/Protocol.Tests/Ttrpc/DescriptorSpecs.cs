using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Ttrpc;

/// <summary>Descriptors of requests. Leaks are found by counting the descriptors of a file that only the test opens.</summary>
public sealed class DescriptorSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public DescriptorSpecs() => _path = _directory.Write("carried", "hello");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(TtrpcLimits.MaxDescriptors)]
    public async Task Should_hand_over_every_descriptor_in_order_when_a_request_carries_some(int count)
    {
        string[] paths = [.. Enumerable.Range(0, count).Select(i => _directory.Write($"{i}", $"{i}"))];
        string?[] read = new string?[count];
        await using var echo = await EchoService.StartAsync((request, context) =>
        {
            for (int i = 0; i < context.DescriptorCount; i++)
            {
                using var taken = context.TakeDescriptor(i);
                using var stream = new FileStream(taken, FileAccess.Read, 0);
                read[i] = new StreamReader(stream).ReadToEnd();
            }

            return EchoService.Echo(request, context);
        });
        var handles = paths.Select(path => File.OpenHandle(path)).ToArray();

        await CallAsync(echo, handles);

        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), read);
        Assert.All(handles, handle => Assert.False(handle.IsClosed));
        Array.ForEach(handles, handle => handle.Dispose());
        Assert.All(paths, path => Assert.Equal(0, OpenCount(path)));
    }

    [Fact]
    public async Task Should_close_what_the_handler_left_when_it_ends()
    {
        using var handle = File.OpenHandle(_path);
        int during = 0;
        SafeFileHandle? kept = null;
        await using var echo = await EchoService.StartAsync((_, context) =>
        {
            during = OpenCount(_path);
            kept = context.TakeDescriptor(1);
            throw new TtrpcException(StatusCode.Aborted, "no");
        });

        await Assert.ThrowsAsync<TtrpcException>(() => CallAsync(echo, handle, handle, handle));

        Assert.Equal((4, 2), (during, OpenCount(_path)));
        kept!.Dispose();
        Assert.Equal(1, OpenCount(_path));
    }

    [Fact]
    public async Task Should_refuse_when_a_descriptor_is_taken_twice_or_missing()
    {
        using var handle = File.OpenHandle(_path);
        await using var echo = await EchoService.StartAsync((request, context) =>
        {
            context.TakeDescriptor(0).Dispose();
            context.TakeDescriptor(request.Data[0]).Dispose();
            return EchoService.Echo(request, context);
        });

        foreach (byte index in new byte[] { 0, 1, 255 })
        {
            var failure = await Assert.ThrowsAsync<TtrpcException>(() => CallAsync(echo, [index], [handle]));
            Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        }
    }

    [Fact]
    public async Task Should_close_the_descriptors_when_nobody_serves_the_method()
    {
        using var handle = File.OpenHandle(_path);
        await using var echo = await EchoService.StartAsync(EchoService.Echo);

        await Assert.ThrowsAsync<TtrpcException>(() => echo.Client.CallAsync(
            "none", "none", new CheckRequest(), HealthCheckResponse.Parser, Deadline.Span, CancellationToken.None, [handle]));

        // The next frame's answer proves that the previous frame is finished.
        await echo.CallAsync([]);
        Assert.Equal(1, OpenCount(_path));
    }

    [Fact]
    public async Task Should_keep_each_requests_descriptors_apart_when_many_clients_calls_are_under_way()
    {
        using var handle = File.OpenHandle(_path);
        await using var echo = await EchoService.StartAsync((request, context) =>
            context.DescriptorCount == request.Data[0]
                ? EchoService.Echo(request, context)
                : throw new TtrpcException(StatusCode.Internal, $"{context.DescriptorCount} instead of {request.Data[0]}"));

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() =>
            CallAsync(echo, [(byte)(i % 4), .. new byte[i * 300]], [.. Enumerable.Repeat(handle, i % 4)]))));

        Assert.Equal(1, OpenCount(_path));
    }

    [Fact]
    public async Task Should_refuse_before_sending_when_there_are_too_many_or_closed_descriptors()
    {
        var handle = File.OpenHandle(_path);
        await using var echo = await EchoService.StartAsync(EchoService.Echo);

        var tooMany = await Assert.ThrowsAsync<TtrpcException>(
            () => CallAsync(echo, [.. Enumerable.Repeat(handle, TtrpcLimits.MaxDescriptors + 1)]));
        Assert.Equal(StatusCode.ResourceExhausted, tooMany.Code);
        handle.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => CallAsync(echo, handle));
        await echo.CallAsync([]);
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFFFFF")]
    [InlineData("00000003000000010100FFFFFF")]
    [InlineData("0000000300000001")]
    [InlineData("000000030000000101001A")]
    public async Task Should_close_the_descriptors_when_their_frame_is_malformed(string hex)
    {
        using var handle = File.OpenHandle(_path);
        var (near, far) = await SocketPair.CreateAsync();
        var served = new TtrpcServer().ServeAsync(new UnixSocketTransport(far, "far"), CancellationToken.None);

        await DescriptorPassing.SendAsync(near.SafeHandle, Convert.FromHexString(hex), [handle, handle], Deadline.Token);
        near.Dispose();

        Assert.IsType<MalformedFrameException>(await served.WaitAsync(Deadline.Span));
        Assert.Equal(1, OpenCount(_path));
    }

    [Fact]
    public async Task Should_close_the_connection_when_descriptors_come_in_the_middle_of_a_frame()
    {
        using var handle = File.OpenHandle(_path);
        var (near, far) = await SocketPair.CreateAsync();
        var served = new TtrpcServer().ServeAsync(new UnixSocketTransport(far, "far"), CancellationToken.None);
        byte[] frame = RawPeer.Request(1, EchoService.Service, EchoService.Method, new CheckRequest());

        await DescriptorPassing.SendAsync(near.SafeHandle, frame.AsMemory(0, 12), [], Deadline.Token);
        await DescriptorPassing.SendAsync(near.SafeHandle, frame.AsMemory(12), [handle], Deadline.Token);

        Assert.IsType<MalformedFrameException>(await served.WaitAsync(Deadline.Span));
        Assert.Equal(1, OpenCount(_path));
        near.Dispose();
    }

    [Fact]
    public async Task Should_close_the_connection_when_a_response_carries_descriptors()
    {
        using var handle = File.OpenHandle(_path);
        var (near, far) = await SocketPair.CreateAsync();
        await using var client = new TtrpcClient(new UnixSocketTransport(near, "near"));
        var call = client.CallAsync("s", "m", new CheckRequest(), HealthCheckResponse.Parser, Deadline.Span, CancellationToken.None);

        await DescriptorPassing.SendAsync(far.SafeHandle, RawPeer.Frame(1, 2, 0, []), [handle], Deadline.Token);

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => call);
        Assert.Equal(StatusCode.Unavailable, failure.Code);
        await client.DisposeAsync();
        Assert.Equal(1, OpenCount(_path));
        far.Dispose();
    }

    [Fact]
    public async Task Should_refuse_when_the_transport_carries_no_descriptors()
    {
        using var handle = File.OpenHandle(_path);
        var (near, far) = await SocketPair.CreateStreamsAsync();
        await using var client = new TtrpcClient(new StreamTransport(near, "plain"));

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => client.CallAsync(
            "s", "m", new CheckRequest(), HealthCheckResponse.Parser, Deadline.Span, CancellationToken.None, [handle]));

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        await far.DisposeAsync();
    }

    private static Task CallAsync(EchoService echo, params SafeHandle[] descriptors) => CallAsync(echo, [], descriptors);

    private static async Task CallAsync(EchoService echo, byte[] data, SafeHandle[] descriptors) => await echo.Client.CallAsync(
        EchoService.Service, EchoService.Method, new WriteStreamRequest { Data = ByteString.CopyFrom(data) },
        ReadStreamResponse.Parser, Deadline.Span, CancellationToken.None, descriptors);

    private static int OpenCount(string path) => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(descriptor => LinkTarget(descriptor) == path);

    private static string? LinkTarget(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

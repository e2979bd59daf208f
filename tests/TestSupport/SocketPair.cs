using System.Net.Sockets;
using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>Two connected Unix stream sockets. They belong to the caller.</summary>
public static class SocketPair
{
    public static async Task<(Socket Client, Socket Server)> CreateAsync()
    {
        using var folder = new TemporaryDirectory();
        string path = folder.File("pair.sock");
        using var listener = UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var client = await UnixSockets.ConnectAsync(path, Deadline.Span, Deadline.Token);
        return (client, await listener.AcceptAsync(Deadline.Token));
    }

    public static async Task<(NetworkStream Client, NetworkStream Server)> CreateStreamsAsync()
    {
        var (client, server) = await CreateAsync();
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(server, ownsSocket: true));
    }
}

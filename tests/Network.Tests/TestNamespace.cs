using System.Diagnostics;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Network.Tests;

/// <summary>A network namespace of the test's own, which ends with this object. It has an interface <c>eth0</c>, whose other end is <c>peer0</c> in it.</summary>
internal sealed class TestNamespace : IDisposable
{
    internal const string HardwareAddress = "02:00:00:00:00:21";

    internal TestNamespace()
    {
        Handle = NamespaceThread.Run(() => NamespaceFile.Open("/proc/thread-self/ns/net", NamespaceKinds.Network), NamespaceEntry.Unshare(NamespaceKinds.Network));
        Run("ip link add eth0 address " + HardwareAddress + " mtu 1400 type veth peer name peer0");
        Run("ip link set eth0 up");
        Run("ip link set peer0 up");
        Run("ip address add 10.9.0.2/24 dev eth0");
        Run("ip address add fd00:9::2/64 dev eth0 nodad");
        Run("ip route add default via 10.9.0.1");
        Run("ip route add 10.8.0.0/16 via 10.9.0.7 src 10.9.0.2");
        Run("ip -6 route add default via fd00:9::1");
        Run("ip neighbor add 10.9.0.9 lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
    }

    internal SafeFileHandle Handle { get; }

    public void Dispose() => Handle.Dispose();

    /// <summary>Runs a command in it; returns its output.</summary>
    internal string Run(string command)
    {
        var words = command.Split(' ');
        return In(() =>
        {
            using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (process.StandardOutput.ReadToEnd(), process.StandardError.ReadToEnd());
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command}: {error}");
        });
    }

    /// <summary>Runs code in it.</summary>
    internal T In<T>(Func<T> body) => NamespaceThread.Run(body, NamespaceEntry.Enter(Handle, NamespaceKinds.Network));

    /// <summary>The names of its interfaces.</summary>
    internal string Links() => string.Join(' ', In(() =>
    {
        using var socket = Linux.Netlink.NetlinkSocket.Open();
        return Linux.Netlink.NetworkLink.All(socket);
    }).Select(link => link.Name).Order(StringComparer.Ordinal));
}

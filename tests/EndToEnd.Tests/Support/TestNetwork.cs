using System.Diagnostics;
using System.Globalization;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>
/// A bridge in a network namespace of its own, and network namespaces with an <c>eth0</c> on that bridge: 10.9.0.N and fd00:9::N in the namespace N, and 1 on the
/// bridge. All of them go with this object.
/// </summary>
internal sealed class TestNetwork : IDisposable
{
    private const string Folder = "/run/netns";
    private static int s_networks;

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"kata-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_networks)}");
    private readonly List<string> _namespaces = [];

    public TestNetwork()
    {
        Ip($"netns add {Add("bridge")}");
        Ip($"-n {Bridge} link add br0 type bridge");
        Ip($"-n {Bridge} address add 10.9.0.1/24 dev br0");
        Ip($"-n {Bridge} address add fd00:9::1/64 dev br0 nodad");
        Ip($"-n {Bridge} link set br0 up");
    }

    private string Bridge => $"{_name}-bridge";

    /// <summary>Makes the namespace N, with its <c>eth0</c>; returns its path.</summary>
    public string Join(int number)
    {
        var place = Make(number);
        Connect(number);
        return place;
    }

    /// <summary>Makes the namespace N, without an <c>eth0</c>; returns its path.</summary>
    public string Make(int number)
    {
        var name = Add(number.ToString(CultureInfo.InvariantCulture));
        Ip($"netns add {name}");
        return Path.Combine(Folder, name);
    }

    /// <summary>Adds the <c>eth0</c> of the namespace N.</summary>
    public void Connect(int number)
    {
        var name = $"{_name}-{number}";
        Ip($"link add eth0 netns {name} address {HardwareAddress(number)} mtu 1400 type veth peer name port{number} netns {Bridge}");
        Ip($"-n {Bridge} link set port{number} master br0");
        Ip($"-n {Bridge} link set port{number} up");
        Ip($"-n {name} link set lo up");
        Ip($"-n {name} link set eth0 up");
        Ip($"-n {name} address add 10.9.0.{number}/24 dev eth0");
        Ip($"-n {name} address add fd00:9::{number}/64 dev eth0 nodad");
        Ip($"-n {name} route add default via 10.9.0.1");
        Ip($"-n {name} route add default via fd00:9::1");
    }

    public static string HardwareAddress(int number) => $"02:00:00:00:09:{number:x2}";

    /// <summary>The names of the interfaces, and the qdiscs, of all namespaces, in words.</summary>
    public string Look() => string.Join('\n', _namespaces.Select(name => $"{name}: {string.Join(' ', Ip($"-n {name} -o link show").Split('\n').Select(line => line.Split('<')[0]))}\n{Run("tc", $"-n {name} qdisc show")}"));

    /// <summary>Runs tc in the namespace N.</summary>
    public string Tc(int number, string arguments) => Run("tc", $"-n {_name}-{number} {arguments}");

    /// <summary>Runs ip in the namespace N.</summary>
    public string Ip(int number, string arguments) => Ip($"-n {_name}-{number} {arguments}");

    public void Dispose()
    {
        foreach (var name in _namespaces.Where(name => File.Exists(Path.Combine(Folder, name))))
        {
            Ip($"netns delete {name}");
        }
    }

    private static string Ip(string arguments) => Run("ip", arguments);

    private static string Run(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEnd(), process.StandardError.ReadToEnd());
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {arguments}: {error}");
    }

    private string Add(string suffix)
    {
        _namespaces.Add($"{_name}-{suffix}");
        return _namespaces[^1];
    }
}

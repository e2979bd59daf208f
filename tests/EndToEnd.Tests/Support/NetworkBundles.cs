namespace KataActors.EndToEnd.Tests.Support;

/// <summary>Bundles of containers in a network.</summary>
internal static class NetworkBundles
{
    /// <summary>A container in a network namespace, which may send any packet.</summary>
    public static TestBundle Inside(DaemonUnderTest daemon, string place, string script) => daemon.ShellBundle(script)
        .With("process.capabilities", new JsonObject { ["bounding"] = Capabilities(), ["permitted"] = Capabilities(), ["effective"] = Capabilities() })
        .With("linux.namespaces.4.path", place);

    /// <summary>A script that reaches that number of the test's network by IPv4 and IPv6.</summary>
    public static string Pings(int number) => $"ping -c 2 -W 5 10.9.0.{number} && ping -6 -c 2 -W 5 fd00:9::{number}";

    private static JsonArray Capabilities() => new("CAP_NET_RAW");
}

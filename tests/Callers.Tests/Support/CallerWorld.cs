using System.Diagnostics;
using System.Globalization;

namespace KataActors.Callers.Tests.Support;

/// <summary>
/// A network and a mount namespace for a caller. Its bridges, addresses and rules, and what it writes below /etc, /opt and /var/lib, end with this object, and with
/// the test. The plugins of the Container Network Interface are where their callers look for them, without any configuration.
/// </summary>
internal sealed class CallerWorld : IDisposable
{
    private const string Begin =
        """
        set -e
        mount --make-rslave /
        mount -t tmpfs world /mnt
        for folder in etc opt var/lib; do
            mkdir -p "/mnt/$folder/upper" "/mnt/$folder/work"
            mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/mnt/$folder/upper,workdir=/mnt/$folder/work" "/$folder"
        done
        rm -rf /etc/cni /opt/cni /var/lib/cni
        mkdir -p /etc/cni/net.d /opt/cni
        ln -s /usr/lib/cni /opt/cni/bin
        ip link set lo up
        echo ready
        exec cat
        """;

    /// <summary>Where callers look for networks, in this world.</summary>
    public const string Networks = "/etc/cni/net.d";

    /// <summary>Where callers look for plugins, in this world.</summary>
    public const string NetworkPlugins = "/opt/cni/bin";

    private readonly Process _holder;

    public CallerWorld()
    {
        _holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "--mount", "/bin/sh", "-c", Begin]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", _holder.StandardOutput.ReadLine());
    }

    /// <summary>The command line that runs a program in this world.</summary>
    public string[] Inside(params IEnumerable<string> command)
    {
        var pid = _holder.Id.ToString(CultureInfo.InvariantCulture);
        return ["nsenter", $"--net=/proc/{pid}/ns/net", $"--mount=/proc/{pid}/ns/mnt", "--", .. command];
    }

    /// <summary>Runs a shell script in this world.</summary>
    /// <returns>What it wrote.</returns>
    public async Task<string> RunAsync(string script)
    {
        using var program = RunningProgram.Start(new Dictionary<string, string>(), Inside("/bin/sh", "-c", script));
        return (await program.FinishAsync()).MustExit(0).Output;
    }

    /// <summary>Adds a network with the plugins bridge and portmap.</summary>
    public Task AddNetworkAsync(string subnet)
    {
        var network =
            $$$"""
            {"cniVersion":"0.3.1","name":"bridged","plugins":[
              {"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"ipam":{"type":"host-local","subnet":"{{{subnet}}}","routes":[{"dst":"0.0.0.0/0"}]}},
              {"type":"portmap","capabilities":{"portMappings":true}}]}
            """;
        return RunAsync($"echo '{network}' > {Networks}/10-bridged.conflist");
    }

    /// <summary>The names of the interfaces, a line each.</summary>
    public Task<string> LinksAsync() => RunAsync("ls /proc/sys/net/ipv4/conf");

    public void Dispose()
    {
        using (_holder)
        {
            _holder.Kill();
            _holder.WaitForExit();
        }
    }
}

using System.Globalization;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Time namespaces.</summary>
public sealed class TimeNamespaceSpecs(GuestFixture guest)
{
    private const string Report = "cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets; readlink /proc/self/ns/time";

    [Fact]
    public async Task Should_shift_the_clocks_of_the_container_and_of_its_execs()
    {
        var container = await TimedAsync("sh", "-c", $"{Report}; read -r _");
        container.Spec.Linux.TimeOffsets["boottime"] = new LinuxTimeOffset { Secs = 1_000_000, Nanosecs = 500_000_000 };
        container.Spec.Linux.TimeOffsets["monotonic"] = new LinuxTimeOffset { Secs = -1 };
        await container.BeginAsync();

        var exec = (await container.Exec("e", "sh", "-c", Report).RunAsync()).Output.Split('\n');
        await container.CloseInputAsync(0);
        var first = System.Text.Encoding.UTF8.GetString(await container.ReadToEndAsync()).TrimEnd('\n').Split('\n');
        await container.WaitAsync();
        await container.RemoveAsync();

        foreach (var lines in new[] { first, exec })
        {
            Assert.InRange(int.Parse(lines[0], CultureInfo.InvariantCulture), 1_000_000, 1_003_600);
            Assert.Equal(["monotonic -1 0", "boottime 1000000 500000000"], lines[1..3].Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        }

        Assert.Equal(first[3], exec[3]);
    }

    [Fact]
    public async Task Should_make_a_namespace_without_offsets_beside_a_user_namespace()
    {
        var container = await TimedAsync("sh", "-c", $"{Report}; id -u");
        container.Spec.Linux.Namespaces.Add(new LinuxNamespace { Type = "user" });
        container.Spec.Linux.UIDMappings.Add(new LinuxIDMapping { HostID = 5000, Size = 1000 });
        container.Spec.Linux.GIDMappings.Add(new LinuxIDMapping { HostID = 5000, Size = 1000 });
        var other = await guest.ContainerAsync("readlink", "/proc/self/ns/time");

        var lines = (await container.RunAsync()).Output.Split('\n');

        Assert.InRange(int.Parse(lines[0], CultureInfo.InvariantCulture), 0, 3_600);
        Assert.NotEqual((await other.RunAsync()).Output, lines[3]);
        Assert.Equal("0", lines[4]);
    }

    [Fact]
    public async Task Should_name_the_clocks_that_the_kernel_refuses()
    {
        var container = await TimedAsync("true");
        container.Spec.Linux.TimeOffsets["monotonic"] = new LinuxTimeOffset { Secs = -1_000_000 };

        Assert.Contains("timens_offsets", (await ContainerLifecycleSpecs.FailsAsync(StatusCode.Internal, container.CreateAsync)).Message, StringComparison.Ordinal);
    }

    private async Task<GuestContainer> TimedAsync(params string[] command)
    {
        var container = await guest.ContainerAsync(command);
        File.CreateSymbolicLink(Path.Combine(container.RootOnHost, "bin/cut"), "busybox");
        container.Spec.Linux.Namespaces.Add(new LinuxNamespace { Type = "time" });
        return container;
    }
}

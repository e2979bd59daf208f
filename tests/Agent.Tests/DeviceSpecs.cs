using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Device nodes and device rules, as seen by a container's processes in a real guest.</summary>
public sealed class DeviceSpecs(GuestFixture guest)
{
    private const string UseZero = "head -c 1 /dev/zero | wc -c";

    // /dev/fuse: a device that the guest has and no container may use unless a rule allows it.
    private const string UseOther = "busybox dd if=/dev/other of=/dev/null bs=1 count=0";

    [Fact]
    public async Task Should_make_the_nodes_of_the_spec_with_their_types_numbers_modes_and_owners()
    {
        var container = await guest.ContainerAsync("stat", "-c", "%n %F %t,%T %a %u:%g", "/dev/mine", "/dev/disk", "/dev/pipe", "/opt/deep/null", "/dev/null");
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/mine", Type = "u", Major = 10, Minor = 229, FileMode = 0x21b0, UID = 7, GID = 8 });
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/disk", Type = "b", Major = 7, Minor = 300 });
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/pipe", Type = "p", FileMode = 0x1180 });
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/null", Type = "c", Major = 1, Minor = 3, FileMode = 0x2000 });
        container.Spec.Mounts.Add(new Mount { Destination = "/opt", Type = "tmpfs", Source = "tmpfs", Options = { "mode=755" } });
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/opt/deep/null", Type = "c", Major = 1, Minor = 3 });

        Assert.Equal(
            [
                "/dev/mine character special file a,e5 660 7:8", "/dev/disk block special file 7,12c 666 0:0", "/dev/pipe fifo 0,0 600 0:0",
                "/opt/deep/null character special file 1,3 666 0:0", "/dev/null character special file 1,3 0 0:0",
            ],
            (await container.RunAsync()).Output.Split('\n'));
    }

    [Fact]
    public async Task Should_keep_the_containers_own_terminals_when_the_spec_names_those_of_a_host()
    {
        var container = await guest.ContainerAsync("readlink", "/dev/ptmx");
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/ptmx", Type = "c", Major = 5, Minor = 2 });

        Assert.Equal("pts/ptmx", (await container.RunAsync()).Output);
    }

    [Fact]
    public async Task Should_allow_nothing_but_the_devices_of_every_container_when_there_is_no_rule()
    {
        var container = await WithOtherAsync($"{UseZero}; echo x > /dev/null; busybox dd if=/dev/urandom of=/dev/full bs=1 count=1 2> /dev/null || echo full; {UseOther}");

        var (code, output, error) = await container.RunAsync();

        Assert.Equal("1\nfull", output);
        Assert.Contains("/dev/other': Operation not permitted", error, StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    // The device of tun(4) is of every container's, and in our own kernel; Debian's has it in a module that the guest does not carry.
    [Fact]
    public async Task Should_open_the_device_of_tunnels()
    {
        var container = await guest.ContainerAsync("sh", "-c", "uname -v; exec 3<> /dev/net/tun && echo opened; cat <&3");
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/net/tun", Type = "c", Major = 10, Minor = 200 });

        var (_, output, error) = await container.RunAsync();

        Assert.SkipWhen(output.Contains("Debian", StringComparison.Ordinal), "Debian's kernel");
        Assert.EndsWith("\nopened", output, StringComparison.Ordinal);
        Assert.Contains("File descriptor in bad state", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a * * rwm +", "r w")]
    [InlineData("a * * rwm -", "")]
    [InlineData("c 10 229 r +", "r")]
    [InlineData("c 10 229 rw +, c 10 229 w -", "r")]
    [InlineData("c 10 * rwm +, c 10 229 r -", "w")]
    [InlineData("c * 229 rwm +", "r w")]
    [InlineData("c 10 229 r -, c 10 * rwm +", "r w")]
    [InlineData("b 10 229 rwm +, c 11 229 rwm +, c 10 228 rwm +", "")]
    [InlineData("c 10 229 rwm +, a * * rwm -", "")]
    [InlineData("a * * rwm -, c 10 229 w +", "w")]
    [InlineData("a * * rwm +, c 10 229 w -", "r")]
    [InlineData("a 9 9 m +", "r w")]
    public async Task Should_let_a_later_rule_override_earlier_ones_for_the_accesses_that_it_names(string rules, string allowed)
    {
        var container = await WithOtherAsync("(exec 3< /dev/other) && echo r; (exec 3> /dev/other) && echo w; true");
        container.Spec.Linux.Resources = new LinuxResources { Devices = { Rules(rules) } };

        Assert.Equal(allowed, (await container.RunAsync()).Output.Replace('\n', ' '));
    }

    [Fact]
    public async Task Should_hold_for_added_processes_and_for_groups_below()
    {
        var container = await WithOtherAsync("sleep 1000");
        await container.BeginAsync();

        var run = await container.Exec("e", "sh", "-c", $"{UseZero}; {UseOther}").RunAsync();

        Assert.Equal((1, "1"), (run.Code, run.Output));
        Assert.Contains("Operation not permitted", run.Error, StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_replace_the_rules_and_the_limits_of_a_running_container_or_neither()
    {
        var container = await WithOtherAsync("sleep 1000");
        await container.BeginAsync();
        var probe = 0;
        async Task<(int, string)> TryAsync() => (await container.Exec($"e{++probe}", "sh", "-c", $"{UseOther} && cat /sys/fs/cgroup/pids.max").RunAsync()) is var run ? (run.Code, run.Output) : default;
        Task UpdateAsync(long pids, string rules) => container.Vm.Agent.UpdateContainerAsync(
            new UpdateContainerRequest { ContainerId = container.Id, Resources = new LinuxResources { Pids = new LinuxPids { Limit = pids }, Devices = { Rules(rules) } } },
            GuestVm.CallTimeout, CancellationToken.None);
        Assert.Equal((1, ""), await TryAsync());

        await UpdateAsync(50, "c 10 229 r +");
        Assert.Equal((0, "50"), await TryAsync());

        await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, () => UpdateAsync(60, "c 10 229 x +"));
        Assert.Equal((0, "50"), await TryAsync());

        await UpdateAsync(70, "b 1 1 r +");
        Assert.Equal((1, ""), await TryAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_take_as_many_rules_as_are_allowed()
    {
        var container = await WithOtherAsync(UseOther);
        container.Spec.Linux.Resources = new LinuxResources();
        for (var i = 0; i < 1024; i++)
        {
            container.Spec.Linux.Resources.Devices.Add(new LinuxDeviceCgroup { Allow = i % 2 == 0, Type = "c", Major = i == 0 ? 10 : 4000 + i, Minor = i == 0 ? 229 : i, Access = i % 2 == 0 ? "rwm" : "rw" });
        }

        var run = await container.RunAsync();
        Assert.Equal((0, ""), (run.Code, run.Output));
    }

    private async Task<GuestContainer> WithOtherAsync(string script)
    {
        var container = await guest.ContainerAsync("sh", "-c", script);
        container.Spec.Linux.Devices.Add(new LinuxDevice { Path = "/dev/other", Type = "c", Major = 10, Minor = 229 });
        return container;
    }

    // "TYPE MAJOR MINOR ACCESS +|-", separated by commas.
    private static IEnumerable<LinuxDeviceCgroup> Rules(string text) => text.Split(", ").Select(rule => rule.Split(' ')).Select(rule => new LinuxDeviceCgroup
    {
        Type = rule[0],
        Major = Number(rule[1]),
        Minor = Number(rule[2]),
        Access = rule[3],
        Allow = rule[4] == "+",
    });

    private static long Number(string text) => text == "*" ? -1 : long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}

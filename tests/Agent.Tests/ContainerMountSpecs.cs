using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>The mount options of the runtime spec, as the container's own process sees their effects.</summary>
public sealed class ContainerMountSpecs(GuestFixture guest)
{
    private const UnixFileMode Sticky = (UnixFileMode)0x3ed;

    [Fact]
    public async Task Should_begin_a_tmpfs_with_what_it_would_hide()
    {
        var container = await guest.ContainerAsync("sh", "-c",
            "cd /data; stat -c '%n %F %a %u:%g' . file deep deep/inside link fifo; cat file deep/inside; readlink link; echo changed > file; mkdir new; stat -f -c %T .");
        var data = Directory.CreateDirectory(Path.Combine(container.RootOnHost, "data")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "file"), "content\n");
        Directory.CreateDirectory(Path.Combine(data, "deep"));
        await File.WriteAllTextAsync(Path.Combine(data, "deep/inside"), new string('x', 100_000) + "\n");
        File.CreateSymbolicLink(Path.Combine(data, "link"), "/etc/passwd");
        Assert.Equal(0, await CommandAsync("mkfifo", "-m", "622", Path.Combine(data, "fifo")));
        File.SetUnixFileMode(Path.Combine(data, "file"), UnixFileMode.UserRead | UnixFileMode.SetUser);
        File.SetUnixFileMode(Path.Combine(data, "deep"), Sticky);
        Assert.Equal(0, await CommandAsync("chown", "12:34", Path.Combine(data, "deep/inside")));
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "tmpfs", Source = "tmpfs", Options = { "rprivate", "nosuid", "nodev", "tmpcopyup", "mode=751", "ro", "rw" } });

        var (code, output, error) = await container.RunAsync();

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            [
                ". directory 751 0:0", "file regular file 4400 0:0", "deep directory 1755 0:0", "deep/inside regular file 644 12:34", "link symbolic link 777 0:0",
                "fifo fifo 622 0:0", "content", new string('x', 100_000), "/etc/passwd", "tmpfs",
            ],
            output.Split('\n'));
        Assert.Equal("content\n", await File.ReadAllTextAsync(Path.Combine(data, "file")));
        Assert.False(Directory.Exists(Path.Combine(data, "new")));
    }

    [Fact]
    public async Task Should_begin_a_tmpfs_with_names_and_links_of_any_bytes()
    {
        var container = await guest.ContainerAsync("sh", "-c",
            @"cd /data; cat $(printf 'd\377/f\376\303'); readlink $(printf 'l\374') | busybox od -An -tx1; stat -c %u:%g l*; ls | wc -l; stat -f -c %T .");
        var data = Directory.CreateDirectory(Path.Combine(container.RootOnHost, "data")).FullName;
        Assert.Equal(0, await CommandAsync("sh", "-c",
            $@"cd {data}; d=$(printf 'd\377'); mkdir $d; echo content > $d/$(printf 'f\376\303'); ln -s $(printf 't\375') $(printf 'l\374'); chown -h 12:34 l*"));
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "tmpfs", Source = "tmpfs", Options = { "tmpcopyup" } });

        var run = await container.RunAsync();

        Assert.Equal((0, "content\n 74 fd 0a\n12:34\n2\ntmpfs", ""), run);
        Assert.True(FolderTree.Remove(data));
    }

    [Fact]
    public async Task Should_name_what_cannot_be_copied_into_a_tmpfs()
    {
        var container = await guest.ContainerAsync("true");
        var data = Directory.CreateDirectory(Path.Combine(container.RootOnHost, "data")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(data, "big"), new byte[200_000]);
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "tmpfs", Source = "tmpfs", Options = { "tmpcopyup", "size=64k" } });

        var failure = await ContainerLifecycleSpecs.FailsAsync(StatusCode.Internal, container.CreateAsync);

        Assert.Contains("/data", failure.Message, StringComparison.Ordinal);
        Assert.Contains("space", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("noatime", "rw,noatime", "rw")]
    [InlineData("noatime,atime", "rw,relatime", "rw")]
    [InlineData("strictatime", "rw", "rw")]
    [InlineData("strictatime,norelatime", "rw", "rw")]
    [InlineData("noatime,nostrictatime", "rw,noatime", "rw")]
    [InlineData("nodiratime", "rw,nodiratime,relatime", "rw")]
    [InlineData("ro,noexec,nosuid,nodev,nosymfollow", "ro,nosuid,nodev,noexec,relatime,nosymfollow", "rw")]
    [InlineData("sync,dirsync,silent,acl,iversion", "rw,relatime", "rw,sync,dirsync")]
    [InlineData("lazytime,mand", "rw,relatime", "rw,lazytime")]
    [InlineData("sync,async,lazytime,nolazytime", "rw,relatime", "rw")]
    [InlineData("rro,rnoexec,rnoatime", "ro,noexec,noatime", "rw")]
    public async Task Should_give_a_mount_its_attributes(string options, string mount, string fileSystem)
    {
        var container = await guest.ContainerAsync("grep", " /data ", "/proc/self/mountinfo");
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "tmpfs", Source = "data", Options = { options.Split(',') } });

        var fields = (await container.RunAsync()).Output.Split(' ');

        Assert.Equal(mount, fields[5]);
        Assert.Equal(fileSystem, string.Join(',', fields[^1].Split(',').Where(option => option is "rw" or "ro" or "sync" or "dirsync" or "lazytime")));
    }

    [Fact]
    public async Task Should_size_a_tmpfs_and_give_it_to_its_owner()
    {
        var container = await guest.ContainerAsync("sh", "-c", "stat -c '%a %u:%g' /data; grep ' /data ' /proc/self/mountinfo; touch /data/1 /data/2 /data/3 /data/4; ls /data | wc -l");
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "tmpfs", Source = "data", Options = { "size=2m", "mode=1770", "uid=7", "gid=8", "nr_inodes=3" } });

        var lines = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal("1770 7:8", lines[0]);
        Assert.Contains("size=2048k,nr_inodes=3,mode=1770,uid=7,gid=8", lines[1], StringComparison.Ordinal);
        Assert.Equal("2", lines[2]);
    }

    [Theory]
    [InlineData("shared", "shared", "shared")]
    [InlineData("rshared", "shared", "shared")]
    [InlineData("slave", "", "")]
    [InlineData("rprivate", "", "")]
    [InlineData("unbindable", "unbindable", "")]
    [InlineData("runbindable", "unbindable", "unbindable")]
    public async Task Should_set_the_propagation_of_the_root_in_the_guest(string propagation, string root, string below)
    {
        var container = await guest.ContainerAsync("sh", "-c", "cat /proc/self/mountinfo; mount -t tmpfs x /tmp; grep ' /tmp ' /proc/self/mountinfo");
        container.Spec.Linux.RootfsPropagation = propagation;
        GiveMounting(container);

        var lines = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal(root, Peers(lines, "/"));
        Assert.Equal(propagation.StartsWith('r') ? below : "", Peers(lines, "/dev"));
        // What is mounted later takes after its parent.
        Assert.Equal(root == "shared" ? "shared" : "", Peers(lines, "/tmp"));
    }

    [Fact]
    public async Task Should_set_the_propagation_of_a_mount()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cat /proc/self/mountinfo");
        foreach (var propagation in new[] { "shared", "rshared", "slave", "unbindable", "rprivate" })
        {
            container.Spec.Mounts.Add(new Mount { Destination = $"/{propagation}", Type = "tmpfs", Source = "data", Options = { propagation } });
        }

        container.Spec.Mounts.Add(new Mount { Destination = "/volume", Type = "bind", Source = GuestFixture.SharedFolder, Options = { "rbind", "rslave" } });

        var lines = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal(["shared", "shared", "", "unbindable", "", ""], new[] { "shared", "rshared", "slave", "unbindable", "rprivate", "volume" }.Select(name => Peers(lines, $"/{name}")));
    }

    [Fact]
    public async Task Should_change_the_attributes_of_an_earlier_mount_by_a_remount()
    {
        var container = await guest.ContainerAsync("sh", "-c", "grep ' /data \\| /dev ' /proc/self/mountinfo; touch /data/x || echo refused");
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "tmpfs", Source = "data", Options = { "noatime", "nodev", "nosuid" } });
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "bind", Source = "none", Options = { "bind", "remount", "ro", "noexec", "nodev" } });
        container.Spec.Mounts.Add(new Mount { Destination = "/dev", Options = { "remount", "relatime", "noexec" } });

        var lines = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal("rw,noexec,relatime", lines.First(line => line.Contains(" /dev ", StringComparison.Ordinal)).Split(' ')[5]);
        Assert.Equal("ro,nodev,noexec,noatime", lines.First(line => line.Contains(" /data ", StringComparison.Ordinal)).Split(' ')[5]);
        Assert.Equal("refused", lines[^1]);
    }

    [Theory]
    [InlineData("/bin", StatusCode.Internal, "/bin", "remount", "ro")]
    [InlineData("/nowhere", StatusCode.Internal, "/nowhere", "remount", "ro")]
    [InlineData("/dev", StatusCode.InvalidArgument, "size=1m", "remount", "size=1m")]
    public async Task Should_refuse_a_remount_of_no_mount_or_of_more_than_attributes(string destination, StatusCode code, string named, params string[] options)
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Mounts.Add(new Mount { Destination = destination, Options = { options } });

        Assert.Contains(named, (await ContainerLifecycleSpecs.FailsAsync(code, container.CreateAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_mount_the_file_systems_that_the_guests_kernel_has()
    {
        var container = await guest.ContainerAsync("sh", "-c", "grep -o ' - [a-z]* ' /proc/self/mountinfo");
        container.Spec.Mounts.Add(new Mount { Destination = "/ram", Type = "ramfs", Source = "ramfs", Options = { "nodev" } });
        container.Spec.Mounts.Add(new Mount { Destination = "/bpf", Type = "bpf", Source = "bpf" });
        var other = await guest.ContainerAsync("true");
        other.Spec.Mounts.Add(new Mount { Destination = "/x", Type = "nosuchfs", Source = "x" });

        var kinds = (await container.RunAsync()).Output.Split('\n');

        Assert.Contains(" - ramfs ", kinds);
        Assert.Contains(" - bpf ", kinds);
        Assert.Contains("\"x\" on \"/x\"", (await ContainerLifecycleSpecs.FailsAsync(StatusCode.Internal, other.CreateAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_share_a_file_system_in_memory_among_containers_and_unmount_it_after_the_last()
    {
        const string Place = "/run/kata-containers/sandbox/shm";
        var writer = await CreateSharingAsync(1_048_576, "sh", "-c", "stat -c %a /dev/shm; grep ' /dev/shm ' /proc/self/mountinfo; echo shared > /dev/shm/note");
        var reader = await CreateSharingAsync(9_000_000, "sh", "-c", "cat /dev/shm/note; dd if=/dev/zero of=/dev/shm/big bs=1k count=1100 2>&1 | head -n 1");

        await writer.StartAsync();
        var (_, written, _) = await writer.EndAsync();
        await writer.RemoveAsync();
        await reader.StartAsync();
        var (_, read, _) = await reader.EndAsync();
        await reader.RemoveAsync();
        var later = await CreateSharingAsync(2_097_152, "sh", "-c", "ls /dev/shm; grep ' /dev/shm ' /proc/self/mountinfo");
        await later.StartAsync();
        var (_, fresh, _) = await later.EndAsync();
        await later.RemoveAsync();

        Assert.StartsWith("1777\n", written, StringComparison.Ordinal);
        Assert.Contains(" rw,nosuid,nodev,noexec", written, StringComparison.Ordinal);
        Assert.Contains("size=1024k", written, StringComparison.Ordinal);
        Assert.Equal(["shared", "dd: error writing '/dev/shm/big': No space left on device"], read.Split('\n'));
        Assert.DoesNotContain("note", fresh, StringComparison.Ordinal);
        Assert.Contains("size=2048k", fresh, StringComparison.Ordinal);

        async Task<GuestContainer> CreateSharingAsync(long bytes, params string[] command)
        {
            var container = await guest.ContainerAsync(command);
            container.Spec.Mounts.Remove(container.Spec.Mounts.Single(mount => mount.Destination == "/dev/shm"));
            container.Spec.Mounts.Add(new Mount { Destination = "/dev/shm", Type = "bind", Source = Place, Options = { "bind", "rprivate", "nosuid", "noexec", "nodev" } });
            var request = new CreateContainerRequest { ContainerId = container.Id, ExecId = container.Id, OCI = container.Spec };
            request.Storages.Add(new Storage
            {
                Driver = "ephemeral",
                Source = "shm",
                Fstype = "tmpfs",
                MountPoint = Place,
                Options = { "nosuid", "noexec", "nodev", "mode=1777", $"size={bytes}" },
            });
            await container.Vm.Agent.CreateContainerAsync(request, GuestVm.CallTimeout, CancellationToken.None);
            return container;
        }
    }

    private static void GiveMounting(GuestContainer container)
    {
        foreach (var set in new[] { container.Spec.Process.Capabilities.Bounding, container.Spec.Process.Capabilities.Permitted, container.Spec.Process.Capabilities.Effective })
        {
            set.Add("CAP_SYS_ADMIN");
        }
    }

    // The optional field of a mount in mountinfo, without the number of its peer group.
    private static string Peers(IEnumerable<string> lines, string path) =>
        lines.Select(line => line.Split(' ')).First(fields => fields.Length > 6 && fields[4] == path)[6] is var tag && tag == "-" ? "" : tag.Split(':')[0];

    private static async Task<int> CommandAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}

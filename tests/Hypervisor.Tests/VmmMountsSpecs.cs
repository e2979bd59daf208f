using KataActors.Linux;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor.Tests;

/// <summary>Mounts in a real QEMU's namespace.</summary>
public sealed class VmmMountsSpecs : IAsyncLifetime
{
    private readonly RealVm _vm = new();
    private readonly TempDirectory _source = new();
    private VmmProcess _process = null!;

    private string Seen => $"/proc/{_process.Identity.Pid}/root{_vm.Config.ShareDirectory}";

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(_source["greeting"], "hello");
        _process = await _vm.LaunchAsync();
    }

    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        _vm.Dispose();
        _source.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Should_show_a_directory_both_ways_when_attached()
    {
        Attach(_source.Path, "web/rootfs");

        Assert.Equal("hello", File.ReadAllText($"{Seen}/web/rootfs/greeting"));
        File.WriteAllText($"{Seen}/web/rootfs/answer", "hi");
        Assert.Equal("hi", File.ReadAllText(_source["answer"]));
        Assert.DoesNotContain(MountInfo.ReadOwn(), entry => entry.MountPoint.StartsWith(_vm.Config.RunDirectory, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_show_a_file_when_a_single_file_is_attached()
    {
        Attach(_source["greeting"], "web/mounts/0");

        Assert.Equal("hello", File.ReadAllText($"{Seen}/web/mounts/0"));
    }

    [Fact]
    public void Should_refuse_writes_when_attached_read_only()
    {
        Attach(_source.Path, "web/rootfs", readOnly: true);

        Assert.ThrowsAny<IOException>(() => File.WriteAllText($"{Seen}/web/rootfs/answer", "hi"));
        File.WriteAllText(_source["answer"], "hi");
        Assert.Equal("hi", File.ReadAllText($"{Seen}/web/rootfs/answer"));
    }

    [Fact]
    public void Should_refuse_writes_when_they_go_between_the_mounts()
    {
        Attach(_source.Path, "web/rootfs");

        Assert.ThrowsAny<IOException>(() => File.CreateSymbolicLink($"{Seen}/db", "/etc"));
        Assert.ThrowsAny<IOException>(() => Directory.CreateDirectory($"{Seen}/web/mounts"));
    }

    [Theory]
    [InlineData("web/rootfs")]
    [InlineData("web/rootfs/below")]
    [InlineData("web")]
    public void Should_refuse_a_place_when_it_is_at_below_or_above_a_mount(string place)
    {
        Attach(_source.Path, "web/rootfs");

        var failure = Assert.Throws<LinuxException>(() => Attach(_source.Path, place));

        Assert.Equal(Errno.EBUSY, failure.Errno);
        Assert.False(Directory.Exists(_source["below"]));
    }

    [Fact]
    public void Should_leave_nothing_when_detached_and_stay_silent_when_nothing_is_there()
    {
        Attach(_source.Path, "web/rootfs");
        Attach(_source["greeting"], "web/mounts/0");

        Detach("web/rootfs");
        Assert.Equal([$"{Seen}/web/mounts"], Directory.GetDirectories($"{Seen}/web"));
        Detach("web/mounts/0");
        Detach("web/mounts/0");
        Detach("never/was");

        Assert.Equal([$"{Seen}/{RehearsalRoot.Name}"], Directory.GetFileSystemEntries(Seen));
        Assert.Equal("hello", File.ReadAllText(_source["greeting"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Should_not_see_what_the_host_mounts_below_a_source_later(bool readOnly)
    {
        using var host = ShareSource();
        Attach(host, "web/rootfs", readOnly);

        In(host, () => Mounts.Mount("later", _source["below"], "tmpfs"));

        Assert.Equal([$"{_vm.Config.ShareDirectory}/web/rootfs"], MountPoints());
        In(host, () => File.WriteAllText($"{_source["below"]}/secret", ""));
        Assert.Empty(Directory.GetFileSystemEntries($"{Seen}/web/rootfs/below"));
    }

    [Fact]
    public void Should_open_no_device_of_a_source_nor_of_what_is_mounted_below_it()
    {
        using var host = ShareSource();
        In(host, () =>
        {
            Mounts.Mount("devices", _source["below"], "tmpfs");
            foreach (var device in new[] { _source["null"], $"{_source["below"]}/null" })
            {
                MakeNullDevice(device);
                File.WriteAllText(device, "opens here");
            }
        });
        Attach(host, "web/rootfs");

        Assert.Equal([$"{_vm.Config.ShareDirectory}/web/rootfs", $"{_vm.Config.ShareDirectory}/web/rootfs/below"], MountPoints());
        Assert.Throws<UnauthorizedAccessException>(() => File.OpenRead($"{Seen}/web/rootfs/null"));
        Assert.Throws<UnauthorizedAccessException>(() => File.OpenRead($"{Seen}/web/rootfs/below/null"));
        Assert.All(MountLines(), line => Assert.Contains(" rw,nosuid,nodev", line, StringComparison.Ordinal));
        Assert.All(MountLines(), line => Assert.DoesNotContain("master:", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_refuse_writes_below_a_mount_below_when_attached_read_only()
    {
        using var host = ShareSource();
        In(host, () => Mounts.Mount("volume", _source["below"], "tmpfs"));
        Attach(host, "web/rootfs", readOnly: true);

        Assert.ThrowsAny<IOException>(() => File.WriteAllText($"{Seen}/web/rootfs/below/answer", "hi"));
        Assert.All(MountLines(), line => Assert.Contains(" ro,nosuid,nodev", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_say_so_when_the_vmm_is_gone()
    {
        Attach(_source.Path, "web/rootfs");
        _process.Pidfd.Signal(Signals.SIGKILL);
        await _process.Pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline.Span);

        Assert.Equal(Errno.ESRCH, Assert.Throws<LinuxException>(() => Attach(_source.Path, "web/mounts/1")).Errno);
        Detach("web/rootfs");

        _process.Pidfd.TryReap();
        Detach("web/rootfs");
    }

    private void Attach(string source, string place, bool readOnly = false)
    {
        using var tree = Mounts.CloneTree(source, recursive: true);
        VmmMounts.Attach(_process.Identity, _vm.Config.ShareDirectory, tree, SharePath.Parse(place), readOnly);
    }

    private void Attach(SafeFileHandle host, string place, bool readOnly = false)
    {
        using var tree = NamespaceThread.Run(
            () =>
            {
                var tree = Mounts.CloneTree(_source.Path, recursive: true);
                Mounts.SetPropagation(tree, MountOptions.Slave, recursive: true);
                return tree;
            },
            NamespaceEntry.Enter(host, NamespaceKinds.Mount));
        VmmMounts.Attach(_process.Identity, _vm.Config.ShareDirectory, tree, SharePath.Parse(place), readOnly);
    }

    // A mount namespace with a shared mount as source, as all mounts are under systemd.
    private SafeFileHandle ShareSource()
    {
        Directory.CreateDirectory(_source["below"]);
        return NamespaceThread.Run(
            () =>
            {
                Mounts.MakeRprivate("/");
                Mounts.Mount(_source.Path, _source.Path, null, MountOptions.Bind);
                Mounts.Mount(null, _source.Path, null, MountOptions.Shared);
                return Descriptors.Open("/proc/thread-self/ns/mnt", OpenFlags.ReadOnly);
            },
            NamespaceEntry.Unshare(NamespaceKinds.Mount));
    }

    private static void In(SafeFileHandle host, Action work) => NamespaceThread.Run(
        () =>
        {
            work();
            return true;
        },
        NamespaceEntry.Enter(host, NamespaceKinds.Mount));

    private static void MakeNullDevice(string path)
    {
        using var mknod = ProcessSpawner.Spawn(new SpawnRequest { Path = "/usr/bin/mknod", Arguments = ["mknod", path, "c", "1", "3"] });
        mknod.WaitForExitAsync(CancellationToken.None).Wait(TimeSpan.FromSeconds(10));
        Assert.Equal(0, mknod.TryReap()?.Status);
    }

    private string[] MountLines() => [.. File.ReadAllLines($"/proc/{_process.Identity.Pid}/mountinfo")
        .Where(line => line.Contains($" {_vm.Config.ShareDirectory}/", StringComparison.Ordinal))];

    private string[] MountPoints() => [.. MountLines().Select(line => line.Split(' ')[4]).Order()];

    private void Detach(string place) => VmmMounts.Detach(_process.Identity, _vm.Config.ShareDirectory, SharePath.Parse(place));
}

using KataActors.Linux;
using KataActors.TestSupport;

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

    [Fact]
    public async Task Should_say_so_when_the_vmm_is_gone()
    {
        Attach(_source.Path, "web/rootfs");
        _process.Pidfd.Signal(Signals.SIGKILL);
        await _process.Pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));

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

    private void Detach(string place) => VmmMounts.Detach(_process.Identity, _vm.Config.ShareDirectory, SharePath.Parse(place));
}

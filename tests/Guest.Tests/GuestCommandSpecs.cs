using System.Text;
using Xunit;

namespace KataActors.Guest.Tests;

public sealed class GuestCommandSpecs : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kata-actors-guest-");
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        _error.Dispose();
    }

    [Fact]
    public void Should_build_the_same_image_twice_when_nothing_changed()
    {
        WriteModules();

        Assert.Equal(0, Build("one.cpio", withModules: true));
        // The image must depend neither on the files' times nor on their order on the disk.
        File.SetLastWriteTimeUtc(PathOf("agent"), DateTime.UnixEpoch);
        Assert.Equal(0, Build("two.cpio", withModules: true));

        Assert.Equal(File.ReadAllBytes(PathOf("one.cpio")), File.ReadAllBytes(PathOf("two.cpio")));
        Assert.False(File.Exists(PathOf("two.cpio.new")));
    }

    [Fact]
    public void Should_list_the_modules_in_load_order_when_there_are_some()
    {
        WriteModules();

        Assert.Equal(0, Build("out.cpio", withModules: true));

        var image = Encoding.Latin1.GetString(File.ReadAllBytes(PathOf("out.cpio")));
        Assert.Contains("etc/kata-actors/modules\0", image, StringComparison.Ordinal);
        Assert.Contains("\0/lib/modules/base.ko\n/lib/modules/upper.ko\n\0", image, StringComparison.Ordinal);
        Assert.Contains("lib/modules/upper.ko\0", image, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_hold_only_the_agent_and_mount_points_when_there_are_no_modules()
    {
        Assert.Equal(0, Build("out.cpio", withModules: false));

        var image = Encoding.Latin1.GetString(File.ReadAllBytes(PathOf("out.cpio")));
        Assert.Contains("the agent", image, StringComparison.Ordinal);
        Assert.DoesNotContain("modules", image, StringComparison.Ordinal);
        Assert.Equal(["dev", "dev/console", "dev/null", "etc", "init", "proc", "run", "sys", "tmp"],
            Initramfs.Compose(ReadOnlyMemory<byte>.Empty, []).Select(entry => entry.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Should_hold_busybox_when_the_init_is_a_script()
    {
        File.WriteAllText(PathOf("script"), "#!/bin/busybox sh\n");
        File.WriteAllText(PathOf("shell"), "the shell");

        Assert.Equal(0, GuestCommand.Run(["initramfs", "--init", PathOf("script"), "--output", PathOf("out.cpio"), "--busybox", PathOf("shell")], _error));

        var image = Encoding.Latin1.GetString(File.ReadAllBytes(PathOf("out.cpio")));
        Assert.Contains("#!/bin/busybox sh", image, StringComparison.Ordinal);
        Assert.Contains("bin/busybox\0", image, StringComparison.Ordinal);
        Assert.Contains("the shell", image, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_fail_and_leave_no_output_when_a_module_is_missing()
    {
        WriteModules();
        File.WriteAllText(PathOf("list"), "absent\n");

        Assert.Equal(1, Build("out.cpio", withModules: true));

        Assert.Equal("kata-actors-guest: kernel module \"absent\": not found and not built in", _error.ToString().TrimEnd());
        Assert.False(File.Exists(PathOf("out.cpio")));
    }

    [Fact]
    public void Should_fail_when_the_agent_is_missing()
    {
        Assert.Equal(1, GuestCommand.Run(["initramfs", "--init", PathOf("none"), "--output", PathOf("out.cpio")], _error));

        Assert.StartsWith("kata-actors-guest: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("initramfs")]
    [InlineData("kernel", "--init", "a", "--output", "b")]
    [InlineData("initramfs", "--init", "a", "--output")]
    [InlineData("initramfs", "--init", "a", "--init", "b", "--output", "c")]
    [InlineData("initramfs", "--init", "a", "--output", "b", "--modules", "c")]
    [InlineData("initramfs", "--init", "a", "--output", "b", "--colour", "c")]
    public void Should_print_the_usage_when_arguments_are_wrong(params string[] arguments)
    {
        Assert.Equal(2, GuestCommand.Run(arguments, _error));

        Assert.StartsWith("usage: ", _error.ToString(), StringComparison.Ordinal);
    }

    private int Build(string output, bool withModules)
    {
        File.WriteAllText(PathOf("agent"), "the agent");
        string[] modules = withModules ? ["--modules", PathOf("modules"), "--module-list", PathOf("list")] : [];
        return GuestCommand.Run(["initramfs", "--init", PathOf("agent"), "--output", PathOf(output), .. modules], _error);
    }

    private void WriteModules()
    {
        Directory.CreateDirectory(PathOf("modules/kernel"));
        File.WriteAllBytes(PathOf("modules/kernel/upper.ko"), ModuleFile.WithModInfo("depends=base"));
        File.WriteAllBytes(PathOf("modules/kernel/base.ko"), ModuleFile.WithModInfo("depends="));
        File.WriteAllText(PathOf("modules/modules.builtin"), "kernel/builtin.ko\n");
        File.WriteAllText(PathOf("list"), "# what we want\nupper # and its base\nbuiltin\n\n");
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);
}

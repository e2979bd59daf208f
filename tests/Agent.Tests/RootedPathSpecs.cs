using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

/// <summary>Paths inside a container's root, against the host's kernel.</summary>
public sealed class RootedPathSpecs : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly RootedPath _root;

    public RootedPathSpecs()
    {
        Directory.CreateDirectory(_folder.File("root/etc"));
        _folder.Write("outside", "outside");
        _folder.Write("root/etc/inside", "inside");
        _root = new RootedPath(Descriptors.Open(_folder.File("root"), OpenFlags.ReadOnly));
    }

    [Theory]
    [InlineData("/etc/inside")]
    [InlineData("etc/inside")]
    [InlineData("/../../etc/inside")]
    [InlineData("/absolute")]
    [InlineData("/upward")]
    public void Should_find_what_is_inside(string path)
    {
        File.CreateSymbolicLink(_folder.File("root/absolute"), "/etc/inside");
        File.CreateSymbolicLink(_folder.File("root/upward"), "../../../../etc/inside");

        using var file = _root.TryOpenRead(path);
        using var reader = new StreamReader(new FileStream(file!, FileAccess.Read));
        Assert.Equal("inside", reader.ReadToEnd());
    }

    [Theory]
    [InlineData("/../outside")]
    [InlineData("/link/outside")]
    [InlineData("/missing/file")]
    public void Should_find_nothing_outside(string path)
    {
        File.CreateSymbolicLink(_folder.File("root/link"), "..");

        Assert.Null(_root.TryOpen(path));
    }

    [Fact]
    public void Should_make_what_is_missing_inside_when_a_link_points_out()
    {
        File.CreateSymbolicLink(_folder.File("root/link"), _folder.Path);

        // The link's target is taken inside the root, and made there.
        _root.OpenOrCreateFolder("/link/new").Dispose();
        Assert.False(Directory.Exists(_folder.File("new")));
        Assert.True(Directory.Exists($"{_folder.File("root")}{_folder.Path}/new"));

        _root.OpenOrCreateFolder("/a/b/../b/c/").Dispose();
        _root.OpenOrCreateFile("/a/file").Dispose();
        _root.CreateLink("target", "/a/link");
        _root.CreateLink("second try is ignored", "/a/link");

        Assert.True(Directory.Exists(_folder.File("root/a/b/c")));
        Assert.True(File.Exists(_folder.File("root/a/file")));
        Assert.Equal("target", new FileInfo(_folder.File("root/a/link")).LinkTarget);
    }

    [Fact]
    public void Should_give_up_when_links_go_round()
    {
        File.CreateSymbolicLink(_folder.File("root/one"), "two");
        File.CreateSymbolicLink(_folder.File("root/two"), "/one");

        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => _root.OpenOrCreateFile("/one")).Errno);
    }

    [Theory]
    [InlineData(1u, 3u, 0x103ul)]
    [InlineData(8u, 256u, 0x100800ul)]
    [InlineData(0x12345u, 0x678u, 0x00012000_00634578ul)]
    public void Should_number_devices_as_the_c_library_does(uint major, uint minor, ulong expected) => Assert.Equal(expected, RootedPath.DeviceNumber(major, minor));

    public void Dispose()
    {
        _root.Root.Dispose();
        _folder.Dispose();
    }
}

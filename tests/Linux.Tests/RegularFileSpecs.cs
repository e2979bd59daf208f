using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class RegularFileSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("mkfifo x", "is a FIFO, not a regular file")]
    [InlineData("mknod x c 1 3", "is a character device, not a regular file")]
    [InlineData("mknod x b 7 99", "is a block device, not a regular file")]
    [InlineData("mkfifo f; ln -s f x", "is a FIFO, not a regular file")]
    [InlineData("mkdir x", "is a directory")]
    [InlineData(":", "no such file or directory")]
    [InlineData("ln -s x x", "too many levels of symbolic links")]
    public async Task Should_open_nothing_but_files(string make, string cause)
    {
        await ChildScript.RunAsync($"cd {_directory.Path}; {make}");

        var failure = Assert.Throws<LinuxException>(() => RegularFile.Open(_directory.File("x")));

        Assert.Equal((_directory.File("x"), cause), (failure.Subject, failure.Cause));
    }

    [Fact]
    public void Should_refuse_a_socket()
    {
        using var socket = UnixSockets.Listen(_directory.File("x"), UnixFileMode.UserRead);

        Assert.Equal("is a socket, not a regular file", Assert.Throws<LinuxException>(() => RegularFile.Open(_directory.File("x"))).Cause);
    }

    [Fact]
    public void Should_follow_a_symbolic_link_unless_told_not_to()
    {
        _directory.Write("real", "text");
        File.CreateSymbolicLink(_directory.File("x"), "real");

        Assert.Equal("text"u8, RegularFile.ReadAll(_directory.File("x")));
        var failure = Assert.Throws<LinuxException>(() => RegularFile.Open(_directory.File("x"), OpenFlags.NoFollow));
        Assert.Equal((Errno.ELOOP, "is a symbolic link, not a regular file"), (failure.Errno, failure.Cause));
    }

    [Fact]
    public void Should_make_a_file_that_is_missing_and_replace_the_content_of_one_that_is_not()
    {
        RegularFile.Write(_directory.File("x"), "longer text"u8, 0b110_000_000);
        RegularFile.Write(_directory.File("x"), "text"u8, 0b110_100_100);

        Assert.Equal("text", File.ReadAllText(_directory.File("x")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File("x")));
    }

    [Fact]
    public void Should_not_make_a_file_where_a_dangling_link_leads()
    {
        File.CreateSymbolicLink(_directory.File("x"), "missing");

        Assert.Throws<LinuxException>(() => RegularFile.Write(_directory.File("x"), "text"u8, 0b110_000_000));
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => RegularFile.OpenOrCreate(_directory.File("x"), OpenFlags.WriteOnly, 0b110_000_000)).Errno);

        Assert.False(File.Exists(_directory.File("missing")));
    }

    [Fact]
    public void Should_stop_reading_what_is_too_large() =>
        Assert.Equal(Errno.EFBIG, Assert.Throws<LinuxException>(() => RegularFile.ReadAll(_directory.Write("x", "text"), most: 3)).Errno);

    [Theory]
    [InlineData("net", NamespaceKinds.Network)]
    [InlineData("mnt", NamespaceKinds.Mount)]
    public void Should_open_a_namespace_of_the_kind_that_is_wanted(string name, NamespaceKinds kind)
    {
        NamespaceFile.Open($"/proc/self/ns/{name}", kind).Dispose();

        var other = Assert.Throws<LinuxException>(() => NamespaceFile.Open($"/proc/self/ns/{name}", NamespaceKinds.Uts));
        Assert.Equal($"is a namespace of kind {kind.ToString().ToLowerInvariant()}, not uts", other.Cause);
        Assert.Equal("is a directory, not a namespace", Assert.Throws<LinuxException>(() => NamespaceFile.Open("/proc/self/ns", kind)).Cause);
    }

    [Fact]
    public void Should_replace_a_file_whole_and_keep_the_old_one_when_that_fails()
    {
        var file = _directory.File("x");
        RegularFile.Replace(file, "old"u8, 0b110_000_000);
        RegularFile.Replace(file, "new"u8, 0b110_000_000);
        Directory.CreateDirectory(file + "~");

        Assert.Throws<LinuxException>(() => RegularFile.Replace(file, "newer"u8, 0b110_000_000));

        Assert.Equal("new", File.ReadAllText(file));
    }
}

using System.Text;
using Xunit;

namespace KataActors.Guest.Tests;

public class CpioArchiveSpecs
{
    [Fact]
    public void Should_write_these_bytes_when_given_a_small_tree()
    {
        var archive = Write(
            CpioEntry.Directory("dev"),
            CpioEntry.Device("dev/null", 1, 3, 0b110_110_110),
            CpioEntry.File("init", "hello"u8.ToArray(), executable: true));

        // magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
        Assert.Equal(
            "070701" + "00000001" + "000041ED" + "00000000" + "00000000" + "00000002" + "00000000" + "00000000" +
            "00000000" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000" + "dev\0" + "\0\0" +
            "070701" + "00000002" + "000021B6" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" +
            "00000000" + "00000000" + "00000001" + "00000003" + "00000009" + "00000000" + "dev/null\0" + "\0" +
            "070701" + "00000003" + "000081ED" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005" +
            "00000000" + "00000000" + "00000000" + "00000000" + "00000005" + "00000000" + "init\0" + "\0" + "hello" + "\0\0\0" +
            "070701" + "00000000" + "00000000" + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" +
            "00000000" + "00000000" + "00000000" + "00000000" + "0000000B" + "00000000" + "TRAILER!!!\0" + "\0\0\0",
            Encoding.ASCII.GetString(archive));
    }

    [Fact]
    public void Should_write_the_same_bytes_when_entries_come_in_another_order()
    {
        CpioEntry[] entries =
        [
            CpioEntry.Directory("a"), CpioEntry.Directory("a/b"), CpioEntry.File("a/b/c", new byte[] { 1, 2, 3 }, executable: false),
            CpioEntry.File("a-file", ReadOnlyMemory<byte>.Empty, executable: false),
        ];

        Assert.Equal(Write(entries), Write([.. entries.Reverse()]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/init")]
    [InlineData("a//b")]
    [InlineData("../init")]
    [InlineData("./init")]
    [InlineData("in\0it")]
    [InlineData("TRAILER!!!")]
    public void Should_refuse_when_a_path_is_malformed(string path)
    {
        var failure = Assert.Throws<GuestBuildException>(() => Write(CpioEntry.Directory(path)));

        Assert.Contains("malformed path", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_when_a_path_appears_twice()
    {
        var failure = Assert.Throws<GuestBuildException>(() => Write(CpioEntry.Directory("a"), CpioEntry.Directory("a")));

        Assert.Equal("initramfs: path \"a\" appears twice", failure.Message);
    }

    [Fact]
    public void Should_refuse_when_the_directory_is_lacking()
    {
        var failure = Assert.Throws<GuestBuildException>(() => Write(CpioEntry.Directory("a/b")));

        Assert.Equal("initramfs: path \"a/b\" lies in no directory of the archive", failure.Message);
    }

    [Fact]
    public void Should_refuse_when_a_file_stands_where_a_directory_should()
    {
        Assert.Throws<GuestBuildException>(
            () => Write(CpioEntry.File("a", ReadOnlyMemory<byte>.Empty, executable: false), CpioEntry.Directory("a/b")));
    }

    private static byte[] Write(params CpioEntry[] entries)
    {
        using var stream = new MemoryStream();
        CpioArchive.Write(stream, entries);
        return stream.ToArray();
    }
}

using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Protocol.Tests;

/// <summary>The record of a daemon's flags.</summary>
public sealed class DaemonFlagsSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_give_back_what_was_written_last()
    {
        Assert.Empty(DaemonFlags.Read(_directory.Path));
        string[][] all = [["--config", "/a b\n/c", "--log", "/ü"], [], ["--debug"]];
        foreach (var flags in all)
        {
            DaemonFlags.Write(_directory.Path, flags);

            Assert.Equal(flags, DaemonFlags.Read(_directory.Path));
        }
    }

    [Fact]
    public void Should_refuse_a_record_that_is_cut_short()
    {
        File.WriteAllText(_directory.File(DaemonFlags.FileName), "--config\0/a");

        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => DaemonFlags.Read(_directory.Path)).Errno);
    }

    [Fact]
    public void Should_refuse_a_link_and_a_file_that_others_may_write()
    {
        var file = _directory.File(DaemonFlags.FileName);
        File.CreateSymbolicLink(file, "elsewhere");
        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => DaemonFlags.Read(_directory.Path)).Errno);
        File.Delete(file);
        DaemonFlags.Write(_directory.Path, ["--debug"]);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherWrite);

        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => DaemonFlags.Read(_directory.Path)).Errno);
    }
}

using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class KernelFilesSpecs : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Should_read_a_file_that_claims_to_be_empty() =>
        Assert.Equal(File.ReadAllText("/proc/self/mountinfo"), KernelFiles.Read("/proc/self/mountinfo"));

    [Fact]
    public void Should_read_no_more_of_a_file_than_is_asked_for()
    {
        var path = _directory.Write("start", new string('a', 5000));

        Assert.Equal(4999, KernelFiles.ReadStart(path, 4999).Length);
        Assert.Equal(5000, KernelFiles.ReadStart(path, 6000).Length);
        Assert.Empty(KernelFiles.ReadStart(path, 0));
    }

    [Fact]
    public void Should_write_in_place_and_never_create()
    {
        var path = _directory.Write("file", "abc");

        KernelFiles.Write(path, "x");

        Assert.Equal("xbc", File.ReadAllText(path));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => KernelFiles.Write(_directory.File("new"), "x")).Errno);
        Assert.False(File.Exists(_directory.File("new")));
    }

    [Fact]
    public void Should_report_the_kernels_own_error_of_a_write()
    {
        var failure = Assert.Throws<LinuxException>(() => KernelFiles.Write("/proc/self/oom_score_adj", "nonsense"));

        Assert.Equal("write \"/proc/self/oom_score_adj\": invalid argument", failure.Message);
    }

    [Fact]
    public void Should_make_and_remove_directories_and_say_whether_there_was_something_to_do()
    {
        var path = _directory.File("d");

        Assert.True(KernelFiles.MakeDirectory(path, OwnerOnly));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.False(KernelFiles.MakeDirectory(path, OwnerOnly));
        File.WriteAllText(Path.Combine(path, "file"), "");
        Assert.Equal(Errno.ENOTEMPTY, Assert.Throws<LinuxException>(() => KernelFiles.RemoveDirectory(path)).Errno);
        File.Delete(Path.Combine(path, "file"));
        Assert.True(KernelFiles.RemoveDirectory(path));
        Assert.False(KernelFiles.RemoveDirectory(path));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => KernelFiles.MakeDirectory("/no/such/d", OwnerOnly)).Errno);
    }

    public void Dispose() => _directory.Dispose();
}

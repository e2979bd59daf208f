using KataActors.Runtime.Hosting;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

public sealed class InstallPathsSpecs : IDisposable
{
    private readonly TemporaryDirectory _prefix = new();

    public void Dispose() => _prefix.Dispose();

    [Theory]
    [InlineData("bin/kata-actorsd")]
    [InlineData("libexec/kata-actors/kata-actorsd")]
    public void Should_find_the_share_from_the_executable(string executable)
    {
        Directory.CreateDirectory(_prefix.File("share/kata-actors/hocon"));
        _prefix.Write("share/kata-actors/hocon/kata-actors.conf", "");

        var paths = InstallPaths.Find(_prefix.File(executable));

        Assert.Equal(_prefix.File("share/kata-actors/vmlinuz"), paths.Kernel);
        Assert.Equal(_prefix.File("share/kata-actors/initramfs.cpio"), paths.Initramfs);
        Assert.Equal(_prefix.File("share/kata-actors/hocon/kata-actors.conf"), paths.Reference);
    }

    [Fact]
    public void Should_say_what_is_missing_when_the_installation_is_incomplete()
    {
        var failure = Assert.Throws<StartupException>(() => InstallPaths.Find(_prefix.File("bin/kata-actorsd")));

        Assert.Contains(_prefix.File("share/kata-actors/hocon/kata-actors.conf"), failure.Message, StringComparison.Ordinal);
    }
}

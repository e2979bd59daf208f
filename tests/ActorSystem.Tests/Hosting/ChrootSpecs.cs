using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

/// <summary>The real program with a "/" that is not the root of its mount namespace.</summary>
public sealed class ChrootSpecs : IDisposable
{
    private const string OwnMounts = "exec unshare --mount --propagation private sh -ec";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Should_say_so_when_it_is_in_a_chroot()
    {
        var output = await ChildScript.RunAsync($"{OwnMounts} 'mount --rbind / {Root()}; set +e; /usr/sbin/chroot {Root()} {Daemon()}; echo exit $?'");

        Assert.StartsWith("kata-actorsd: the daemon is in a chroot", output, StringComparison.Ordinal);
        Assert.EndsWith("\nexit 1\n", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.File("daemon.instance")));
    }

    [Theory]
    [InlineData("mkdir {0}; mount --rbind / {0}; cd {0}; /usr/sbin/pivot_root {0} {0}{1}; cd /; umount -l {1}")]
    [InlineData("mkdir {0}; mount --rbind / {0}; cd {0}; mount --move {0} /; exec /usr/sbin/chroot . ")]
    [InlineData("cd /")]
    public async Task Should_run_where_its_root_is_the_namespaces_own(string script)
    {
        Directory.CreateDirectory(_directory.File("old"));
        var enter = string.Format(System.Globalization.CultureInfo.InvariantCulture, script, _directory.File("new"), _directory.File("old"));
        var command = enter.EndsWith(' ') ? enter + Daemon() : $"{enter}; exec {Daemon()}";

        using var daemon = ChildScript.Start($"{OwnMounts} '{command}'");
        var output = await daemon.ReadToEndAsync();
        await daemon.Pidfd.WaitForExitAsync(Deadline.Token);

        Assert.Equal((0, ""), (daemon.Pidfd.TryReap()!.Value.Status, output));
        Assert.Contains("nothing to do", File.ReadAllText(_directory.File("state/daemon.log")), StringComparison.Ordinal);
    }

    private string Root() => Directory.CreateDirectory(_directory.File("root")).FullName;

    private string Daemon()
    {
        var config = _directory.Write("user.conf", "kata-actors.daemon.idle-exit = 200 ms");
        return $"{InstalledProduct.Prefix}/bin/kata-actorsd --address {_directory.File("daemon.sock")} --config {config}";
    }
}

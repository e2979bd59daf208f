namespace KataActors.EndToEnd.Tests;

/// <summary>A VM that cannot be had: <c>create</c> says which part and why, and leaves nothing.</summary>
public sealed class BadHypervisorSpecs : IAsyncLifetime
{
    private const string Qemu = "/usr/bin/qemu-system-x86_64";
    private readonly string _files = Directory.CreateTempSubdirectory("ka-parts-").FullName;
    private DaemonUnderTest? _daemon;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        Directory.Delete(_files, recursive: true);
    }

    [Theory]
    [InlineData("kernel", "vmlinuz")]
    [InlineData("initramfs", "initramfs.cpio")]
    public async Task Should_name_the_part_of_the_guest_that_is_missing(string key, string file)
    {
        var copy = Path.Combine(_files, file);
        File.Copy(Path.Combine(Installation.Share, file), copy);
        _daemon = await DaemonUnderTest.StartAsync($"kata-actors.hypervisor.{key} = \"{copy}\"");
        File.Delete(copy);

        await CreateFailsAsync($"{key} \"{copy}\": no such file");
    }

    [Fact]
    public async Task Should_name_qemu_when_it_is_missing()
    {
        var qemu = Script($"exec {Qemu} \"$@\"");
        _daemon = await DaemonUnderTest.StartAsync($"kata-actors.hypervisor.path = \"{qemu}\"");
        File.Delete(qemu);

        await CreateFailsAsync($"hypervisor \"{qemu}\": no such file");
    }

    [Fact]
    public async Task Should_show_what_qemu_said_when_it_dies_at_start()
    {
        var qemu = Script("echo 'the machine is made of cheese' >&2; exit 3");
        _daemon = await DaemonUnderTest.StartAsync($"kata-actors.hypervisor.path = \"{qemu}\"");

        await CreateFailsAsync("exited with code 3", "the machine is made of cheese");
    }

    // A character device that is no KVM fails as a KVM that another hypervisor keeps busy: at QEMU's first request.
    [Theory]
    [InlineData("", "accelerator \"kvm\": cannot open \"/dev/kvm\": no such file or directory")]
    [InlineData("mknod -m 0 /dev/kvm c 10 232; set -- setpriv --bounding-set=-dac_override,-dac_read_search \"$@\"", "accelerator \"kvm\": cannot open \"/dev/kvm\": permission denied")]
    public async Task Should_say_what_is_wrong_with_kvm(string kvm, params string[] fragments)
    {
        var devices = Directory.CreateDirectory(Path.Combine(_files, "dev")).FullName;
        _daemon = await DaemonUnderTest.StartAsync("kata-actors.hypervisor.accelerator = \"kvm\"",
            "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
            $"mount -t tmpfs dev {devices} && cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty {devices} && mount --bind {devices} /dev && {{ {kvm}\n:; }} && exec \"$@\"", "sh");

        await CreateFailsAsync(fragments);
    }

    [Fact]
    public async Task Should_give_up_a_guest_that_never_answers()
    {
        var qemu = Script($"exec {Qemu} \"$@\" -S");
        _daemon = await DaemonUnderTest.StartAsync($"kata-actors.hypervisor.path = \"{qemu}\"\nkata-actors.deadlines.boot = 3 s");

        await CreateFailsAsync("agent", "3 s");
    }

    [Fact]
    public async Task Should_say_so_when_the_guest_dies_at_boot()
    {
        _daemon = await DaemonUnderTest.StartAsync("kata-actors.hypervisor.kernel-params = \"rdinit=/missing root=/missing\"");

        await CreateFailsAsync("guest");
    }

    private async Task CreateFailsAsync(params string[] fragments)
    {
        var bundle = _daemon!.Bundle("true");
        var before = await HostSnapshot.TakeAsync(_daemon);

        var result = await _daemon.RunAsync("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, _daemon.NewId());

        result.MustFail(1, fragments);
        await before.MustBeRestoredAsync();
    }

    private string Script(string commands)
    {
        var path = Path.Combine(_files, "qemu");
        File.WriteAllText(path, $"#!/bin/sh\n{commands}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}

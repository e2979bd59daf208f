namespace KataActors.EndToEnd.Tests;

/// <summary>Debian's kernel, with its modules in the initramfs: the guest of an installation without <c>make guest-kernel</c>.</summary>
public sealed class DebianKernelSpecs
{
    private static readonly string s_kernel =
        $"kata-actors.hypervisor {{ kernel = \"{Installation.DebianKernel}\", initramfs = \"{Installation.DebianInitramfs}\" }}";

    [Theory]
    [InlineData("cold", false)]
    [InlineData("template", true)]
    public async Task Should_run_a_container_and_plug_vcpus_for_its_limit(string source, bool template)
    {
        await using var factory = await FactoryUnderTest.StartAsync(template: template, configuration: s_kernel);
        var daemon = factory.Daemon;
        var before = await HostSnapshot.TakeAsync(daemon);
        var bundle = daemon.ShellBundle("echo $(uname -r) $(busybox grep -c ^processor /proc/cpuinfo); exec sleep 1000").WithCpu(150000, 100000);
        var id = daemon.NewId();

        var create = await factory.RunAsync(id, bundle);

        await create.OutputAsync($"{Installation.DebianRelease} 3\n");
        Assert.Equal(source, await factory.SourceAsync(id));
        Assert.Equal("150000/100000", new VcpuGroup(id).Limit);
        await daemon.SucceedAsync("delete", "--force", id);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }
}

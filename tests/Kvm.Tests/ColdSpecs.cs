namespace KataActors.Kvm.Tests;

/// <summary>VMs that boot under KVM.</summary>
public sealed class ColdSpecs(KvmHost host)
{
    [Fact]
    public async Task Should_boot_cold_when_the_template_cannot_be_made()
    {
        await host.Daemon.SucceedAsync("factory", "destroy");
        // A file where the folder must be.
        Directory.Delete(host.Factory.Folder, recursive: true);
        await File.WriteAllTextAsync(host.Factory.Folder, "", TestContext.Current.CancellationToken);
        try
        {
            var (id, run) = await host.RunAsync("cold", "echo up; exec sleep 1000");

            await run.OutputAsync("up\n");
            Assert.Equal("added\n", (await host.Daemon.RunAsync("exec", id, "echo", "added")).MustSucceed().Output);
            var vmm = await host.VmmAsync(id);
            Assert.Contains(" -accel kvm -cpu host ", host.Daemon.Processes().Single(process => process.Pid == vmm).CommandLine, StringComparison.Ordinal);
            await host.Daemon.SucceedAsync("delete", "--force", id);
        }
        finally
        {
            File.Delete(host.Factory.Folder);
            Directory.CreateDirectory(host.Factory.Folder);
            // Of itself the daemon tries again a minute after the failure; until then the VMs of the next checks would boot cold.
            await host.Daemon.SucceedAsync("factory", "init");
        }
    }

    [Theory, Trait(KvmHost.Lane, KvmHost.Whole)]
    [InlineData("own", "pc")]
    [InlineData("debian", "q35")]
    public async Task Should_boot_each_kernel_and_machine_and_plug_vcpus_for_a_limit(string kernel, string machine)
    {
        var guest = kernel == "own" ? "" : $", kernel = \"{Installation.DebianKernel}\", initramfs = \"{Installation.DebianInitramfs}\"";
        await using var factory = await KvmHost.StartAsync(template: false, configuration: $"kata-actors.hypervisor {{ machine-type = \"{machine}\"{guest} }}");
        var id = factory.Daemon.NewId();

        var run = await factory.RunAsync(id, factory.Daemon.ShellBundle("echo $(uname -r) $(busybox grep -c ^processor /proc/cpuinfo); exec sleep 1000").WithCpu(150000, 100000));

        await run.OutputAsync(" 3\n");
        Assert.Equal(kernel == "debian", run.Output == $"{Installation.DebianRelease} 3\n");
        Assert.Equal("150000/100000", new VcpuGroup(id).Limit);
    }
}

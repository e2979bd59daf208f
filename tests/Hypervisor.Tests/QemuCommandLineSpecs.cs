using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

public sealed class QemuCommandLineSpecs
{
    [Fact]
    public void Should_match_the_golden_line_when_everything_is_default() =>
        AssertLine(VmConfigs.Valid, """
            /usr/bin/qemu-system-x86_64 -nodefaults -no-user-config -nographic -no-reboot
            -name guest=web
            -uuid 6b1f3c52-9d5e-4a57-8f0e-2f6f8a5d1c11
            -M q35,sata=off,smbus=off,hpet=off,smm=off,vmport=off,dump-guest-core=off,memory-backend=ram
            -accel tcg,thread=multi
            -cpu max,-erms
            -smp 1,maxcpus=1,sockets=1,cores=1,threads=1
            -m 256M
            -object memory-backend-ram,id=ram,size=256M
            -kernel /boot/vmlinuz -initrd /boot/initramfs.cpio
            -append panic=-1|reboot=k|tsc=reliable|no_timer_check|rcupdate.rcu_expedited=1|lpj=4000000|no_ipi_broadcast=1|quiet
            -chardev socket,id=monitor,fd=3,server=on,wait=off -mon chardev=monitor,mode=control
            -device virtio-serial-pci,id=serial,max_ports=2,ioeventfd=off
            -chardev socket,id=agent,fd=4,server=on,wait=off -device virtserialport,chardev=agent,name=agent.channel.0
            -fsdev local,id=share,path=/run/kata-actors/sandboxes/web/share,security_model=passthrough,multidevs=remap
            -device virtio-9p-pci,fsdev=share,mount_tag=kataShared,ioeventfd=off
            -object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng
            -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
            """);

    [Fact]
    public void Should_differ_in_accelerator_cpu_notification_and_the_guests_clock_when_it_has_kvm()
    {
        var emulated = QemuCommandLine.Build(VmConfigs.Valid);

        var line = QemuCommandLine.Build(VmConfigs.Valid with { Accelerator = Accelerator.Kvm });

        Assert.Equal(
            ["kvm", "host", "panic=-1 reboot=k tsc=reliable no_timer_check rcupdate.rcu_expedited=1 quiet",
                "virtio-serial-pci,id=serial,max_ports=2", "virtio-9p-pci,fsdev=share,mount_tag=kataShared"],
            line.Except(emulated));
        Assert.Equal(emulated.Length, line.Length);
    }

    [Theory]
    [InlineData(TemplateUse.Make, "share=on", false)]
    [InlineData(TemplateUse.Clone, "share=off", true)]
    public void Should_differ_in_nothing_but_memory_and_state_when_it_is_of_a_template(TemplateUse use, string share, bool waits)
    {
        var plain = QemuCommandLine.Build(VmConfigs.Valid);

        var line = QemuCommandLine.Build(VmConfigs.Valid with { Template = new VmTemplate("/run/a,b", use) });

        Assert.Equal($"memory-backend-file,id=ram,size=256M,{share},mem-path=/run/a,,b/memory", Assert.Single(line.Except(plain), item => item.StartsWith("memory", StringComparison.Ordinal)));
        Assert.Equal(waits ? ["-incoming", "defer"] : [], line.Except(plain).Where(item => !item.StartsWith("memory", StringComparison.Ordinal)));
    }

    [Fact]
    public void Should_match_the_golden_line_when_everything_is_given()
    {
        var config = VmConfigs.Valid with
        {
            HostName = "a,b",
            Machine = MachineType.Q35,
            Accelerator = Accelerator.Kvm,
            KernelParameters = ["quiet", "panic=5"],
            VcpuCount = 2,
            MaxVcpuCount = 8,
            MemoryMib = 2048,
            CpuModel = "Skylake-Server",
            RootPortCount = 2,
            RunDirectory = "/run/x,y",
            ShareTag = "tag,1",
            DebugConsole = true,
        };

        AssertLine(config, """
            /usr/bin/qemu-system-x86_64 -nodefaults -no-user-config -nographic -no-reboot
            -name guest=a,,b
            -uuid 6b1f3c52-9d5e-4a57-8f0e-2f6f8a5d1c11
            -M q35,sata=off,smbus=off,hpet=off,smm=off,vmport=off,dump-guest-core=off,memory-backend=ram
            -accel kvm
            -cpu Skylake-Server
            -smp 2,maxcpus=8,sockets=8,cores=1,threads=1
            -m 2048M
            -object memory-backend-ram,id=ram,size=2048M
            -kernel /boot/vmlinuz -initrd /boot/initramfs.cpio
            -append panic=-1|reboot=k|tsc=reliable|no_timer_check|rcupdate.rcu_expedited=1|console=ttyS0|quiet|panic=5
            -chardev socket,id=monitor,fd=3,server=on,wait=off -mon chardev=monitor,mode=control
            -device virtio-serial-pci,id=serial,max_ports=2
            -chardev socket,id=agent,fd=4,server=on,wait=off -device virtserialport,chardev=agent,name=agent.channel.0
            -fsdev local,id=share,path=/run/x,,y/share,security_model=passthrough,multidevs=remap
            -device virtio-9p-pci,fsdev=share,mount_tag=tag,,1
            -object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng
            -device pcie-root-port,id=port0,chassis=1
            -device pcie-root-port,id=port1,chassis=2
            -chardev file,id=console,path=/run/x,,y/console.log -serial chardev:console
            -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
            """);
    }

    [Fact]
    public void Should_have_no_root_ports_when_the_machine_is_pc()
    {
        var line = QemuCommandLine.Build(VmConfigs.Valid with { Machine = MachineType.Pc, RootPortCount = 3 });

        Assert.Contains("pc,hpet=off,smm=off,vmport=off,dump-guest-core=off,memory-backend=ram", line);
        Assert.DoesNotContain(line, argument => argument.StartsWith("pcie-root-port", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_name_every_error_when_the_configuration_is_not_valid()
    {
        var failure = Assert.Throws<ArgumentException>(
            () => QemuCommandLine.Build(VmConfigs.Valid with { HostName = "", MemoryMib = 0 }));

        Assert.StartsWith("host name is empty; memory in MiB 0 is not between", failure.Message, StringComparison.Ordinal);
    }

    // In the golden lines a space parts arguments, and a bar stands for a space inside of one.
    private static void AssertLine(VmConfig config, string golden) =>
        Assert.Equal(
            golden.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(argument => argument.Replace('|', ' ')),
            QemuCommandLine.Build(config));
}

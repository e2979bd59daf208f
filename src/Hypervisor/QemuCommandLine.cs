using System.Collections.Immutable;
using System.Globalization;

namespace KataActors.Hypervisor;

/// <summary>Builds the command line of QEMU from a <see cref="VmConfig"/>, and from nothing else.</summary>
public static class QemuCommandLine
{
    /// <summary>The descriptor at which QEMU inherits the listening socket of the monitor.</summary>
    public const int MonitorDescriptor = 3;

    /// <summary>The descriptor at which QEMU inherits the listening socket of the agent channel.</summary>
    public const int AgentDescriptor = 4;

    /// <summary>The name of the virtio-serial port on which the agent listens, as Kata names it.</summary>
    public const string AgentPortName = "agent.channel.0";

    /// <summary>The only bus of a pc.</summary>
    internal const string PcBus = "pci.0";

    /// <summary>The argument before the uuid.</summary>
    internal const string UuidFlag = "-uuid";

    private const string MemoryId = "ram";

    /// <summary>The arguments, the program's own name first.</summary>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public static ImmutableArray<string> Build(VmConfig config)
    {
        var errors = config.Validate();
        if (!errors.IsEmpty)
        {
            throw new ArgumentException(string.Join("; ", errors), nameof(config));
        }

        var arguments = ImmutableArray.CreateBuilder<string>();
        void Add(params ReadOnlySpan<string> items) => arguments.AddRange(items);

        // Without KVM a vCPU thread is in QEMU anyway when its guest notifies a device: another thread would only cost a switch.
        var notification = config.Accelerator == Accelerator.Tcg ? ",ioeventfd=off" : "";
        Add(config.QemuPath, "-nodefaults", "-no-user-config", "-nographic", "-no-reboot");
        Add("-name", new QemuOption("").With("guest", config.HostName).ToString());
        Add(UuidFlag, config.Uuid.ToString("D"));
        Add("-M", Machine(config));
        Add("-accel", config.Accelerator == Accelerator.Kvm ? "kvm" : "tcg,thread=multi");
        Add("-cpu", CpuModel(config));
        Add("-smp", Processors(config));
        Add("-m", config.MemoryMib.ToString(CultureInfo.InvariantCulture) + "M");
        Add("-object", Memory(config));
        Add("-kernel", config.KernelPath, "-initrd", config.InitramfsPath, "-append", config.KernelCommandLine);
        Add("-chardev", $"socket,id=monitor,fd={MonitorDescriptor},server=on,wait=off", "-mon", "chardev=monitor,mode=control");
        // The port's pair of queues, one that QEMU reserves for a console, and the control queues. By default the guest sets up 64 queues, and checks
        // all of them at each interrupt.
        Add("-device", "virtio-serial-pci,id=serial,max_ports=2" + notification);
        Add("-chardev", $"socket,id=agent,fd={AgentDescriptor},server=on,wait=off");
        Add("-device", $"virtserialport,chardev=agent,name={AgentPortName}");
        Add("-fsdev", new QemuOption("local,id=share").With("path", config.ShareDirectory) + ",security_model=passthrough,multidevs=remap");
        Add("-device", new QemuOption("virtio-9p-pci,fsdev=share").With("mount_tag", config.ShareTag) + notification);
        Add("-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng");
        for (var port = 0; config.Machine == MachineType.Q35 && port < config.RootPortCount; port++)
        {
            Add("-device", $"pcie-root-port,id={RootPort(port)},chassis={port + 1}");
        }

        if (config.Template is { Use: TemplateUse.Clone })
        {
            Add("-incoming", "defer");
        }

        if (config.DebugConsole)
        {
            Add("-chardev", new QemuOption("file,id=console").With("path", config.ConsoleLog).ToString(), "-serial", "chardev:console");
        }

        // 9p's passthrough model changes owners by fchownat, which none of these deny. spawn=deny also forbids migration to exec:.
        Add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        return arguments.ToImmutable();
    }

    /// <summary>The name of a root port of a q35.</summary>
    internal static string RootPort(int number) => $"port{number}";

    /// <summary>The CPU model of a VM. Under translation string instructions are slow, and erms makes the kernel clear and copy pages by them.</summary>
    public static string CpuModel(VmConfig config) => config.CpuModel ?? (config.Accelerator == Accelerator.Kvm ? "host" : "max,-erms");

    // A template's memory is in its file; a clone maps it privately.
    private static string Memory(VmConfig config) => config.Template is { } template
        ? new QemuOption($"memory-backend-file,id={MemoryId},size={config.MemoryMib}M,share={(template.Use == TemplateUse.Make ? "on" : "off")}")
            .With("mem-path", template.MemoryFile).ToString()
        : $"memory-backend-ram,id={MemoryId},size={config.MemoryMib}M";

    private static string Machine(VmConfig config) => config.Machine switch
    {
        MachineType.Q35 => $"q35,sata=off,smbus=off,hpet=off,smm=off,vmport=off,dump-guest-core=off,memory-backend={MemoryId}",
        MachineType.Pc => $"pc,hpet=off,smm=off,vmport=off,dump-guest-core=off,memory-backend={MemoryId}",
        _ => throw new ArgumentOutOfRangeException(nameof(config), config.Machine, "unknown machine type"),
    };

    // One socket per vCPU: the topology, and so a vCPU's name at hotplug, depends on the maximum only.
    private static string Processors(VmConfig config) =>
        $"{config.VcpuCount},maxcpus={config.MaxVcpuCount},sockets={config.MaxVcpuCount},cores=1,threads=1";
}

using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Configuration;

namespace KataActors.Runtime.HostCheck;

/// <summary>The state of this host as far as virtual machines need it.</summary>
internal sealed record HostFacts
{
    /// <summary>The daemon's settings: the configured ones, or the defaults where those are wrong.</summary>
    public required DaemonSettings Settings { get; init; }

    /// <summary>The errors of the configuration; null when there are none.</summary>
    public string? ConfigurationProblem { get; init; }

    /// <summary>Why the daemon would refuse its place or its folders; empty when it would not.</summary>
    public ImmutableArray<string> PlaceProblems { get; init; } = [];

    /// <summary>Whether this process is root in the machine's own user namespace.</summary>
    public bool IsRoot { get; init; }

    /// <summary>As uname(2) has it, such as <c>6.1.0-18-amd64</c>.</summary>
    public required string Kernel { get; init; }

    /// <summary>As uname(2) has it, such as <c>x86_64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>KVM and the CPU's extensions.</summary>
    public required HostVirtualization Virtualization { get; init; }

    /// <summary>Why <c>/dev/kvm</c> cannot be used: it is missing, or the permissions do not allow it; null when it can.</summary>
    public string? KvmCause { get; init; }

    /// <summary>Whether <c>/dev/vhost-vsock</c> exists.</summary>
    public bool HasVsock { get; init; }

    /// <summary>QEMU's version, such as <c>7.2.22 (Debian 1:7.2+dfsg-7)</c>; null when it does not tell one.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>Why QEMU cannot be used; null when it can.</summary>
    public string? QemuProblem { get; init; }

    /// <summary>Why the guest kernel cannot be used; null when it can.</summary>
    public string? KernelProblem { get; init; }

    /// <summary>Why the guest image cannot be used; null when it can.</summary>
    public string? InitramfsProblem { get; init; }

    /// <summary>The cgroup hierarchies for sandboxes.</summary>
    public ImmutableArray<CgroupMount> Cgroups { get; init; } = [];

    /// <summary>The number of descriptors that the daemon may have open.</summary>
    public ulong Descriptors { get; init; }

    /// <summary>The template's folder.</summary>
    public required string TemplateFolder { get; init; }

    /// <summary>Free bytes on the file system of the template's folder; null when unknown.</summary>
    public long? TemplateSpace { get; init; }

    /// <summary>Memory of the host, in KiB.</summary>
    public long MemoryKib { get; init; }

    /// <summary>Memory that programs can get without swapping, in KiB.</summary>
    public long AvailableMemoryKib { get; init; }

    /// <summary>Number of the host's CPUs.</summary>
    public int Cpus { get; init; }

    /// <summary>Vendor and model of the CPU.</summary>
    public (string Vendor, string Model) Cpu { get; init; } = ("", "");

    /// <summary>Name and version of the distribution (os-release(5)).</summary>
    public (string Name, string Version) Distribution { get; init; } = ("", "");
}

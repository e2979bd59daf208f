using KataActors.Network;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Sandboxes;
using Serilog.Events;

namespace KataActors.Runtime.Configuration;

/// <summary>The section <c>kata-actors</c> of the configuration, as checked values.</summary>
/// <param name="Vm">The properties of a VM.</param>
/// <param name="Factory">How sandboxes get their VMs.</param>
/// <param name="Deadlines">How long the steps of a sandbox's life may take.</param>
/// <param name="IdleExit">The time without sandboxes and calls after which the daemon exits; null for never.</param>
/// <param name="Log">The daemon's log.</param>
public sealed record DaemonSettings(VmDefaults Vm, FactorySettings Factory, SandboxDeadlines Deadlines, TimeSpan? IdleExit, LogSettings Log)
{
    /// <summary>The host cgroups of sandboxes.</summary>
    public CgroupDefaults Cgroups { get; init; } = new();

    /// <summary>How interfaces of a network namespace reach the guest.</summary>
    public NetworkModel Network { get; init; }

    /// <summary>For tests: the crash point at which the daemon ends itself by SIGKILL; 0 for none.</summary>
    public int CrashAt { get; init; }

    /// <summary>The name of this program's section.</summary>
    public const string SectionName = "kata-actors";

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    /// <summary>Reads and checks the whole section.</summary>
    /// <param name="configuration">The reference with the user's configuration over it.</param>
    /// <param name="install">The installed files, for paths that the configuration leaves empty.</param>
    /// <exception cref="SettingsException">The section has errors; all of them are listed.</exception>
    public static DaemonSettings Create(DaemonConfiguration configuration, InstallPaths install)
    {
        var reader = new SettingsReader(configuration.Merged, SectionName);
        var settings = Read(reader, install);
        var errors = configuration.FindUnknownKeys(reader.KeysRead).Select(key => $"{key}: is not a key of this program").Concat(reader.Errors).ToList();
        return errors.Count == 0 ? settings : throw new SettingsException(configuration.Source, errors);
    }

    /// <summary>Reads every known key.</summary>
    internal static DaemonSettings Read(SettingsReader reader, InstallPaths install)
    {
        var daemon = reader.Section("daemon");
        return new DaemonSettings(
            ReadVm(reader.Section("hypervisor"), install),
            ReadFactory(reader.Section("factory")),
            ReadDeadlines(reader.Section("deadlines")),
            daemon.DurationOrOff("idle-exit", s_shortest, TimeSpan.FromDays(1)),
            ReadLog(reader.Section("log")))
        {
            Cgroups = ReadCgroups(reader.Section("cgroups")),
            Network = reader.Section("network").OneOf("internetworking-model", ("tcfilter", NetworkModel.TcFilter), ("none", NetworkModel.None)),
            CrashAt = reader.Section("test").Number("crash-at", 0, 1_000_000),
        };
    }

    private static CgroupDefaults ReadCgroups(SettingsReader reader)
    {
        const string overheadParent = "overhead-parent";
        var overhead = reader.Text(overheadParent).Trim('/');
        if (overhead.Length > 0 && (overhead == CgroupPlacement.CommonParent || overhead.Split('/').Any(name => name is "" or "." or "..")))
        {
            reader.Report(overheadParent, $"\"{overhead}\" cannot be a group beside \"{CgroupPlacement.CommonParent}\"");
        }

        return new CgroupDefaults
        {
            ParentFromSpec = reader.OneOf("parent", ("kata", false), ("spec", true)),
            SandboxOnly = reader.OneOf("sandbox-cgroup-only", ("off", false), ("on", true)),
            OverheadParent = overhead,
            Unlimited = reader.OneOf("unlimited-containers", ("lift", UnlimitedContainers.LiftTheLimit), ("ignore", UnlimitedContainers.DoNotCount)),
            LeastCpuPercent = reader.Number("least-cpu-percent", 1, 100),
            MemoryOverheadMib = reader.Mib("memory-overhead", 0, 1024 * 1024),
            ThreadsOverhead = reader.Number("threads-overhead", 64, 1_000_000),
            PinVcpus = reader.OneOf("enable-vcpus-pinning", ("off", false), ("on", true)),
        };
    }

    private static VmDefaults ReadVm(SettingsReader reader, InstallPaths install)
    {
        const uint mostVcpus = 240;
        var vcpus = (uint)reader.Number("default-vcpus", 1, (int)mostVcpus);
        var maxVcpus = (uint)reader.Number("default-maxvcpus", 0, (int)mostVcpus);
        if (maxVcpus == 0)
        {
            maxVcpus = Math.Clamp((uint)Environment.ProcessorCount, vcpus, mostVcpus);
        }

        if (maxVcpus < vcpus)
        {
            reader.Report("default-maxvcpus", $"{maxVcpus} is less than default-vcpus, which is {vcpus}");
        }

        return new VmDefaults(
            reader.AbsolutePath("path"),
            reader.OneOf("machine-type", ("q35", "q35"), ("pc", "pc")),
            reader.OneOf("accelerator", ("auto", "auto"), ("kvm", "kvm"), ("tcg", "tcg")),
            reader.AbsolutePath("kernel", install.Kernel),
            reader.AbsolutePath("initramfs", install.Initramfs),
            reader.Text("kernel-params"),
            reader.Text("cpu-model"),
            vcpus,
            maxVcpus,
            reader.Mib("default-memory", 64, 1024 * 1024),
            reader.OneOf("debug-console", ("off", false), ("on", true)));
    }

    private static SandboxDeadlines ReadDeadlines(SettingsReader reader) => new(
        reader.Duration("boot", s_shortest, s_longest),
        reader.Duration("agent-call", s_shortest, s_longest),
        reader.Duration("agent-farewell", s_shortest, s_longest),
        reader.Duration("stop-step", s_shortest, s_longest),
        reader.Duration("reconcile", s_shortest, s_longest),
        reader.Duration("queue", s_shortest, s_longest),
        reader.Duration("clone", s_shortest, s_longest),
        reader.Duration("kill", s_shortest, s_longest))
    {
        Journal = reader.Duration("journal", s_shortest, s_longest),
    };

    private static FactorySettings ReadFactory(SettingsReader reader)
    {
        const int mostVms = 1000;
        var (minimum, maximum, boots) = (reader.Number("vm-cache-number", 0, mostVms), reader.Number("vm-cache-max", 0, mostVms), reader.Number("concurrent-boots", 0, mostVms));
        if (maximum > 0 && maximum < minimum)
        {
            reader.Report("vm-cache-max", $"{maximum} is less than vm-cache-number, which is {minimum}");
        }

        return new FactorySettings(
            reader.OneOf("enable-template", ("off", false), ("on", true)),
            reader.AbsolutePath("template-path", string.Empty),
            minimum,
            Math.Max(minimum, maximum),
            boots > 0 ? boots : Environment.ProcessorCount);
    }

    private static LogSettings ReadLog(SettingsReader reader)
    {
        const long mib = 1024 * 1024;
        return new LogSettings(
            reader.OneOf(
                "level",
                ("info", LogEventLevel.Information),
                ("debug", LogEventLevel.Debug),
                ("warning", LogEventLevel.Warning),
                ("error", LogEventLevel.Error)),
            reader.OneOf("format", ("text", LogFormat.Text), ("json", LogFormat.Json)),
            reader.Text("file") switch
            {
                "off" => null,
                _ => reader.AbsolutePath("file", string.Empty),
            },
            reader.Bytes("max-size", mib / 16, 1024 * mib),
            reader.Number("max-files", 1, 100));
    }
}

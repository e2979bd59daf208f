using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;

namespace KataActors.Runtime.HostCheck;

/// <summary>Reads the state of this host. It changes nothing, and starts nothing but QEMU for its version.</summary>
internal static class HostFactsReader
{
    private const string Kvm = "/dev/kvm";
    private const string Vsock = "/dev/vhost-vsock";

    /// <exception cref="SettingsException">The installed reference configuration is wrong.</exception>
    /// <exception cref="StartupException">The installation is incomplete.</exception>
    public static HostFacts Read(DaemonOptions options)
    {
        var install = InstallPaths.OfThisProcess();
        var (settings, problem) = ReadSettings(install, options.ConfigFile ?? DaemonOptions.UsualConfigFile());
        var template = options.Paths.TemplateFolder(settings.Factory);
        var (version, qemuProblem) = ReadQemu(settings.Vm.QemuPath);
        var memory = Fields("/proc/meminfo", ':');
        var cpu = Fields("/proc/cpuinfo", ':');
        var release = Fields("/etc/os-release", '=');
        return new HostFacts
        {
            Settings = settings,
            ConfigurationProblem = problem,
            PlaceProblems = [.. PlaceProblems(options.Paths, settings.Factory)],
            IsRoot = Credentials.EffectiveUserId == 0 && Credentials.InInitialUserNamespace,
            Kernel = KernelFiles.Read("/proc/sys/kernel/osrelease").Trim(),
            Architecture = RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64 ? "x86_64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            Virtualization = HostVirtualization.Probe(),
            KvmCause = Problem(() => Descriptors.Open(Kvm, OpenFlags.ReadWrite).Dispose()),
            HasVsock = KernelFiles.Exists(Vsock),
            QemuVersion = version,
            QemuProblem = qemuProblem,
            KernelProblem = ReadFile(settings.Vm.KernelPath),
            InitramfsProblem = ReadFile(settings.Vm.InitramfsPath),
            Cgroups = CgroupMount.Choose(MountInfo.ReadOwn(), KernelFiles.Read),
            Descriptors = ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft,
            TemplateFolder = template,
            TemplateSpace = FreeSpace(template),
            MemoryKib = Kib(memory, "MemTotal"),
            AvailableMemoryKib = Kib(memory, "MemAvailable"),
            Cpus = Environment.ProcessorCount,
            Cpu = (cpu.GetValueOrDefault("vendor_id", ""), cpu.GetValueOrDefault("model name", "")),
            Distribution = (release.GetValueOrDefault("NAME", "").Trim('"'), release.GetValueOrDefault("VERSION_ID", "").Trim('"')),
        };
    }

    private static (DaemonSettings Settings, string? Problem) ReadSettings(InstallPaths install, string? userFile)
    {
        try
        {
            return (DaemonSettings.Create(DaemonConfiguration.Load(install.Reference, userFile), install), null);
        }
        catch (SettingsException e) when (userFile is not null)
        {
            return (DaemonSettings.Create(DaemonConfiguration.Load(install.Reference, null), install), $"\"{userFile}\": {string.Join("; ", e.Errors)}");
        }
    }

    private static IEnumerable<string> PlaceProblems(DaemonPaths paths, FactorySettings factory)
    {
        foreach (var folder in new[] { paths.RunDirectory, paths.StateDirectory })
        {
            if (Problem(() => OwnFolder.Check(folder)) is { } cause)
            {
                yield return $"\"{folder}\" {cause}";
            }
        }

        foreach (var check in new Action[] { ChrootCheck.Run, () => FactoryRestrictions.Check(factory, paths.TemplateFolder(factory)) })
        {
            if (Problem(check) is { } cause)
            {
                yield return cause;
            }
        }
    }

    private static string? Problem(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (LinuxException e)
        {
            return e.Cause;
        }
        catch (StartupException e)
        {
            return e.Message;
        }
    }

    private static (string? Version, string? Problem) ReadQemu(string program)
    {
        try
        {
            return (Factory.QemuVersion.Of(program), null);
        }
        catch (LinuxException e)
        {
            return (null, e.Cause);
        }
        catch (IOException)
        {
            return (null, "does not tell its version");
        }
    }

    private static string? ReadFile(string path) => Problem(() =>
    {
        using var file = RegularFile.Open(path);
        if (RandomAccess.GetLength(file) == 0)
        {
            throw new StartupException("is empty");
        }
    });

    private static long? FreeSpace(string folder)
    {
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? "/";
        }

        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The first occurrence counts: /proc/cpuinfo has one block for each CPU.
    private static Dictionary<string, string> Fields(string file, char separator) => !File.Exists(file) ? [] : File.ReadLines(file)
        .Select(line => line.Split(separator, 2))
        .Where(fields => fields.Length == 2)
        .GroupBy(fields => fields[0].Trim(), fields => fields[1].Trim())
        .ToDictionary(field => field.Key, field => field.First());

    private static long Kib(Dictionary<string, string> memory, string name) =>
        long.TryParse(memory.GetValueOrDefault(name, "0").Split(' ')[0], CultureInfo.InvariantCulture, out var kib) ? kib : 0;
}

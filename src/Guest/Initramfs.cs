using System.Text;

namespace KataActors.Guest;

/// <summary>The content of the guest image: <c>/init</c>, which is the agent in a guest, mount points, and the kernel modules to load, if any.</summary>
public static class Initramfs
{
    /// <summary>The file that lists the modules to load, one absolute path a line, in load order; absent when there are none.</summary>
    public const string ModuleListPath = "etc/kata-actors/modules";

    private const string ModuleDirectory = "lib/modules";

    private static readonly string[] s_mountPoints = ["dev", "etc", "proc", "run", "sys"];

    /// <summary>All entries of the image.</summary>
    /// <param name="init">The first program.</param>
    /// <param name="modules">In load order.</param>
    /// <param name="busybox">Busybox as <c>/bin/busybox</c>, for an init that is a script; null for none.</param>
    public static IReadOnlyList<CpioEntry> Compose(ReadOnlyMemory<byte> init, IReadOnlyList<KernelModule> modules, byte[]? busybox = null)
    {
        List<CpioEntry> entries =
        [
            .. s_mountPoints.Select(path => CpioEntry.Directory(path)),
            CpioEntry.Directory("tmp", 0b1_111_111_111),
            // The kernel opens /dev/console as stdin, stdout and stderr of /init before anything is mounted.
            CpioEntry.Device("dev/console", 5, 1, 0b110_000_000),
            CpioEntry.Device("dev/null", 1, 3, 0b110_110_110),
            CpioEntry.File("init", init, executable: true),
        ];
        if (busybox is not null)
        {
            entries.AddRange([CpioEntry.Directory("bin"), CpioEntry.File("bin/busybox", busybox, executable: true)]);
        }

        if (modules.Count > 0)
        {
            entries.AddRange(["lib", ModuleDirectory, "etc/kata-actors"], path => CpioEntry.Directory(path));
            entries.AddRange(modules, module => CpioEntry.File(PathOf(module), File.ReadAllBytes(module.File), executable: false));
            var list = string.Concat(modules.Select(module => $"/{PathOf(module)}\n"));
            entries.Add(CpioEntry.File(ModuleListPath, Encoding.UTF8.GetBytes(list), executable: false));
        }

        return entries;
    }

    private static string PathOf(KernelModule module) => $"{ModuleDirectory}/{module.Name}.ko";

    private static void AddRange<T>(this List<CpioEntry> entries, IEnumerable<T> items, Func<T, CpioEntry> convert) =>
        entries.AddRange(items.Select(convert));
}

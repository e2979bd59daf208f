namespace KataActors.Guest;

/// <summary>
/// The modules of one kernel, as its package lays them out (<c>lib/modules/&lt;release&gt;</c>). The package ships no
/// <c>modules.dep</c> (depmod writes that at installation), so the dependencies are read from the modules themselves.
/// </summary>
public sealed class ModuleTree
{
    private readonly Dictionary<string, string> _files;
    private readonly HashSet<string> _builtIn;
    private readonly Func<string, KernelModule> _read;

    internal ModuleTree(IEnumerable<string> files, IEnumerable<string> builtIn, Func<string, KernelModule> read)
    {
        _files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (!_files.TryAdd(NameOf(file), file))
            {
                throw new GuestBuildException($"kernel module \"{NameOf(file)}\" is there twice: \"{_files[NameOf(file)]}\" and \"{file}\"");
            }
        }

        _builtIn = builtIn.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        _read = read;
    }

    /// <summary>Indexes all modules below a directory.</summary>
    /// <exception cref="GuestBuildException">There is no such directory.</exception>
    public static ModuleTree Open(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new GuestBuildException($"module directory \"{directory}\" not found");
        }

        var builtIn = Path.Combine(directory, "modules.builtin");
        return new ModuleTree(
            Directory.EnumerateFiles(directory, "*.ko", SearchOption.AllDirectories),
            File.Exists(builtIn) ? File.ReadLines(builtIn) : [],
            KernelModule.Read);
    }

    /// <summary>The wanted modules and their dependencies, each after its own dependencies, otherwise in the order of <paramref name="wanted"/>.</summary>
    /// <exception cref="GuestBuildException">A module is neither present nor built in, or the dependencies are circular.</exception>
    public IReadOnlyList<KernelModule> Resolve(IEnumerable<string> wanted)
    {
        var order = new List<KernelModule>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in wanted)
        {
            Visit(KernelModule.Canonical(name), [], order, done);
        }

        return order;
    }

    private void Visit(string name, List<string> path, List<KernelModule> order, HashSet<string> done)
    {
        if (done.Contains(name) || _builtIn.Contains(name))
        {
            return;
        }

        if (path.Contains(name))
        {
            throw new GuestBuildException($"kernel modules need each other in a circle: {string.Join(" -> ", [.. path, name])}");
        }

        if (!_files.TryGetValue(name, out var file))
        {
            var needer = path.Count == 0 ? "" : $", which \"{path[^1]}\" needs";
            throw new GuestBuildException($"kernel module \"{name}\"{needer}: not found and not built in");
        }

        var module = _read(file);
        List<string> deeper = [.. path, name];
        foreach (var needed in module.Prefers.Where(_files.ContainsKey).Concat(module.Requires))
        {
            Visit(needed, deeper, order, done);
        }

        done.Add(name);
        order.Add(module);
    }

    private static string NameOf(string file) => KernelModule.Canonical(Path.GetFileNameWithoutExtension(file));
}

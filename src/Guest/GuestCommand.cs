namespace KataActors.Guest;

/// <summary>
/// The command line of the guest builder. Exit codes: 0 done, 1 failure, 2 usage.
/// </summary>
public static class GuestCommand
{
    private const string Usage =
        "usage: kata-actors-guest initramfs --init FILE --output FILE [--modules DIRECTORY --module-list FILE] [--busybox FILE]";

    /// <summary>Runs one command; failures go to <paramref name="error"/> as one line.</summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter error)
    {
        if (ParseOptions(arguments) is not { } options)
        {
            error.WriteLine(Usage);
            return 2;
        }

        try
        {
            BuildInitramfs(options);
            return 0;
        }
        catch (Exception failure) when (failure is GuestBuildException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"kata-actors-guest: {failure.Message}");
            return 1;
        }
    }

    private static void BuildInitramfs(Options options)
    {
        IReadOnlyList<KernelModule> modules = options is { Modules: { } directory, ModuleList: { } list }
            ? ModuleTree.Open(directory).Resolve(ReadNames(list))
            : [];
        var entries = Initramfs.Compose(File.ReadAllBytes(options.Init), modules, options.Busybox is { } busybox ? File.ReadAllBytes(busybox) : null);

        var unfinished = options.Output + ".new";
        using (var stream = File.Create(unfinished))
        {
            CpioArchive.Write(stream, entries);
        }

        File.Move(unfinished, options.Output, overwrite: true);
    }

    private static IEnumerable<string> ReadNames(string file) =>
        File.ReadLines(file).Select(line => line.Split('#')[0].Trim()).Where(name => name.Length > 0);

    private static Options? ParseOptions(IReadOnlyList<string> arguments)
    {
        if (arguments is not ["initramfs", ..] || arguments.Count % 2 == 0)
        {
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var index = 1; index < arguments.Count; index += 2)
        {
            if (arguments[index] is not ("--init" or "--output" or "--modules" or "--module-list" or "--busybox") ||
                !values.TryAdd(arguments[index], arguments[index + 1]))
            {
                return null;
            }
        }

        return values.TryGetValue("--init", out var init) && values.TryGetValue("--output", out var output) &&
            values.ContainsKey("--modules") == values.ContainsKey("--module-list")
            ? new Options(init, output, values.GetValueOrDefault("--modules"), values.GetValueOrDefault("--module-list"), values.GetValueOrDefault("--busybox"))
            : null;
    }

    private sealed record Options(string Init, string Output, string? Modules, string? ModuleList, string? Busybox);
}

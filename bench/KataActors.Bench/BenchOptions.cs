namespace KataActors.Bench;

/// <summary>The command line: <c>--prefix DIR [--kernel NAME] [--pairs N] [--results DIR]</c>.</summary>
internal sealed record BenchOptions
{
    /// <summary>The kernel for which the target of a cold start holds.</summary>
    public const string OwnKernel = "own";

    /// <summary>The build to measure, as <c>make build</c> makes it.</summary>
    public required string Prefix { get; init; }

    /// <summary>Which guest kernel the build has: <see cref="OwnKernel"/> or another's name.</summary>
    public string Kernel { get; init; } = OwnKernel;

    /// <summary>How many pairs of floor and sandbox are started.</summary>
    public int Pairs { get; init; } = 7;

    /// <summary>The folder that gets the report too, or null.</summary>
    public string? Results { get; init; }

    public string Cli => Path.Combine(Prefix, "bin/kata-actors");

    public string DaemonProgram => Path.Combine(Prefix, "bin/kata-actorsd");

    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions { Prefix = "" };
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new BenchException($"{args[i]} needs a value");
            options = args[i] switch
            {
                "--prefix" => options with { Prefix = Path.GetFullPath(value) },
                "--kernel" => options with { Kernel = value },
                "--pairs" when int.TryParse(value, out var pairs) && pairs > 0 => options with { Pairs = pairs },
                "--results" => options with { Results = Path.GetFullPath(value) },
                _ => throw new BenchException($"unknown argument: {args[i]} {value}"),
            };
        }

        return File.Exists(options.Cli) ? options : throw new BenchException($"no build in \"{options.Prefix}\": --prefix names it");
    }
}

namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>What a container printed about itself: parts that begin with a line <c>@name</c>.</summary>
internal sealed class Facts
{
    private readonly Dictionary<string, string[]> _parts;

    private Facts(Dictionary<string, string[]> parts) => _parts = parts;

    /// <summary>The text of a part, its lines joined by line feeds.</summary>
    public string this[string part] => string.Join('\n', Lines(part));

    public static Facts Parse(string output) => new(output.Split("\n@", StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.TrimStart('@').TrimEnd('\n').Split('\n'))
        .ToDictionary(lines => lines[0], lines => lines[1..]));

    public string[] Lines(string part) => _parts.GetValueOrDefault(part) ?? throw new InvalidOperationException($"the container printed no \"{part}\"");

    /// <summary>The words behind a name at the start of a line, as in <c>/proc/PID/status</c>.</summary>
    public string[] Words(string part, string name) =>
        Lines(part).Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The kind of propagation of the topmost mount at a place, without the number of its group; none for a private one.</summary>
    public string[] Propagation(string place) => [.. Fields(place)[6..].TakeWhile(field => field != "-").Select(field => field.Split(':')[0])];

    /// <summary>Options of the topmost mount at a place: those of the mount, and those of its file system.</summary>
    public string[] MountOptions(string place)
    {
        var fields = Fields(place);
        return [.. fields[5].Split(','), .. fields[^1].Split(',')];
    }

    private string[] Fields(string place) => Lines("mounts").Select(line => line.Split(' ')).Last(fields => fields[4] == place);
}

using Akka.Configuration;

namespace KataActors.Runtime.Configuration;

/// <summary>
/// Reads one section of the configuration. Errors are collected instead of thrown, so that all of them can be shown at
/// once; the reader remembers its keys, so that all others can be reported as unknown.
/// </summary>
internal sealed class SettingsReader
{
    private readonly Config _config;
    private readonly string _prefix;
    private readonly List<string> _errors;
    private readonly HashSet<string> _read;

    /// <summary>Reads below <paramref name="section"/> of the whole configuration.</summary>
    public SettingsReader(Config config, string section)
        : this(config, section, [], [])
    {
    }

    private SettingsReader(Config config, string prefix, List<string> errors, HashSet<string> read)
    {
        _config = config;
        _prefix = prefix;
        _errors = errors;
        _read = read;
    }

    /// <summary>The errors so far, each naming its key.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Full paths of all keys read so far.</summary>
    public IReadOnlySet<string> KeysRead => _read;

    /// <summary>A section below this one.</summary>
    public SettingsReader Section(string name) => new(_config, $"{_prefix}.{name}", _errors, _read);

    /// <summary>Any text.</summary>
    public string Text(string key) => Read(key, static (config, path) => config.GetString(path), string.Empty);

    /// <summary>An absolute path, or <paramref name="whenEmpty"/>.</summary>
    public string AbsolutePath(string key, string? whenEmpty = null)
    {
        var text = Text(key);
        if (text.Length == 0 && whenEmpty is not null)
        {
            return whenEmpty;
        }

        if (!text.StartsWith('/') || text.Contains('\0'))
        {
            Report(key, $"\"{text}\" is not an absolute path");
        }

        return text;
    }

    /// <summary>A whole number within bounds, both included.</summary>
    public int Number(string key, int minimum, int maximum)
    {
        var number = Read(key, static (config, path) => int.Parse(config.GetString(path), System.Globalization.CultureInfo.InvariantCulture), minimum);
        return InBounds(key, number, minimum, maximum, static value => value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>A duration with its unit, within bounds, both included.</summary>
    public TimeSpan Duration(string key, TimeSpan minimum, TimeSpan maximum)
    {
        var duration = Read(key, static (config, path) => config.GetTimeSpan(path, null, allowInfinite: false), minimum);
        return InBounds(key, duration, minimum, maximum, Describe);
    }

    /// <summary>A duration as <see cref="Duration"/>, or null for <c>off</c>.</summary>
    public TimeSpan? DurationOrOff(string key, TimeSpan minimum, TimeSpan maximum)
    {
        if (_config.HasPath(Path(key)) && Text(key) is "off")
        {
            return null;
        }

        return Duration(key, minimum, maximum);
    }

    /// <summary>A size with its unit, in bytes.</summary>
    public long Bytes(string key, long minimum, long maximum)
    {
        var size = Read(key, static (config, path) => config.GetByteSize(path) ?? throw new FormatException(), minimum);
        return InBounds(key, size, minimum, maximum, static value => $"{value} bytes");
    }

    /// <summary>A size with its unit that is a whole number of MiB.</summary>
    public uint Mib(string key, uint minimum, uint maximum)
    {
        const long mib = 1024 * 1024;
        var bytes = Bytes(key, minimum * mib, maximum * mib);
        if (bytes % mib != 0)
        {
            Report(key, $"{bytes} bytes is not a whole number of MiB");
        }

        return (uint)(bytes / mib);
    }

    /// <summary>One of a few words.</summary>
    public T OneOf<T>(string key, params (string Word, T Value)[] choices)
    {
        var text = Text(key);
        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        Report(key, $"\"{text}\" is none of {string.Join(", ", choices.Select(choice => choice.Word))}");
        return choices[0].Value;
    }

    /// <summary>Adds an error about a key.</summary>
    public void Report(string key, string problem)
    {
        var error = $"{Path(key)}: {problem}";
        if (!_errors.Contains(error))
        {
            _errors.Add(error);
        }
    }

    private static string Describe(TimeSpan duration) =>
        duration.TotalSeconds >= 1 || duration == TimeSpan.Zero
            ? FormattableString.Invariant($"{duration.TotalSeconds} s")
            : FormattableString.Invariant($"{duration.TotalMilliseconds} ms");

    private string Path(string key) => $"{_prefix}.{key}";

    private T Read<T>(string key, Func<Config, string, T> read, T instead)
    {
        var path = Path(key);
        _read.Add(path);
        if (!_config.HasPath(path))
        {
            Report(key, "is missing");
            return instead;
        }

        try
        {
            return read(_config, path) ?? instead;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            Report(key, $"\"{_config.GetString(path)}\" is not understood");
            return instead;
        }
    }

    private T InBounds<T>(string key, T value, T minimum, T maximum, Func<T, string> describe)
        where T : IComparable<T>
    {
        if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0)
        {
            Report(key, $"{describe(value)} is not between {describe(minimum)} and {describe(maximum)}");
            return minimum;
        }

        return value;
    }
}

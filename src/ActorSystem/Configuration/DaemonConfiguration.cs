using Akka.Configuration;
using Akka.Configuration.Hocon;
using KataActors.Linux;

namespace KataActors.Runtime.Configuration;

/// <summary>The user's configuration, layered over the installed reference.</summary>
public sealed class DaemonConfiguration
{
    private readonly Config _user;
    private readonly Config _reference;

    private DaemonConfiguration(Config user, Config reference, string source)
    {
        _user = user;
        _reference = reference;
        Source = source;
        Merged = user.WithFallback(reference);
    }

    /// <summary>Both layers; the user's values win.</summary>
    public Config Merged { get; }

    /// <summary>The files, quoted, for messages.</summary>
    public string Source { get; }

    /// <summary>Reads both files.</summary>
    /// <param name="referenceFile">The reference.</param>
    /// <param name="userFile">The user's file, or null for none.</param>
    /// <exception cref="SettingsException">A file cannot be read or is not HOCON.</exception>
    public static DaemonConfiguration Load(string referenceFile, string? userFile)
    {
        var reference = ReadFile(referenceFile);
        return userFile is null
            ? new DaemonConfiguration(Config.Empty, Parse(reference, referenceFile), $"\"{referenceFile}\"")
            : new DaemonConfiguration(Parse(ReadFile(userFile), userFile), Parse(reference, referenceFile), $"\"{userFile}\"");
    }

    /// <summary>Unknown keys: keys of either layer that are neither Akka's nor in <paramref name="read"/>.</summary>
    public IEnumerable<string> FindUnknownKeys(IReadOnlySet<string> read) =>
        Leaves(_user).Concat(Leaves(_reference)).Where(key => !read.Contains(key) && key != "akka" && !key.StartsWith("akka.", StringComparison.Ordinal)).Distinct();

    /// <summary>Full paths of all values.</summary>
    internal static IEnumerable<string> Leaves(Config config) =>
        config.IsEmpty ? [] : Leaves(config.Root, string.Empty);

    private static IEnumerable<string> Leaves(HoconValue value, string path)
    {
        if (!value.IsObject())
        {
            return [path];
        }

        return value.GetObject().Items.SelectMany(item => Leaves(item.Value, path.Length == 0 ? item.Key : $"{path}.{item.Key}"));
    }

    private static string ReadFile(string path)
    {
        try
        {
            using var text = new StreamReader(new MemoryStream(RegularFile.ReadAll(path)));
            return text.ReadToEnd();
        }
        catch (LinuxException e)
        {
            throw new SettingsException($"\"{path}\"", [$"cannot be read: {e.Cause}"]);
        }
    }

    private static Config Parse(string text, string path)
    {
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception e)
        {
            // The parser also throws exceptions of the base type.
            throw new SettingsException($"\"{path}\"", [$"is not HOCON: {e.Message}"]);
        }
    }
}

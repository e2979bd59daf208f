using Serilog.Core;
using Serilog.Events;

namespace KataActors.Runtime.Logging;

/// <summary>
/// Adds the properties <see cref="Sandbox"/> and <see cref="Container"/>, read from the actor's path, to the log entries of
/// actors below <c>/user/sandboxes</c>, so that no actor has to name them in each line.
/// </summary>
internal sealed class SandboxEnricher : ILogEventEnricher
{
    /// <summary>Property that names the sandbox.</summary>
    public const string Sandbox = "Sandbox";

    /// <summary>Property that names the container.</summary>
    public const string Container = "Container";

    private const string SourceProperty = "LogSource";
    private const string SandboxesPath = "/user/sandboxes/";
    private const string ContainerPrefix = "container-";
    private const char NumberSeparator = '~';

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        if (logEvent.Properties.TryGetValue(SourceProperty, out var value) && value is ScalarValue { Value: string source } && Parse(source) is var (sandbox, container))
        {
            logEvent.AddPropertyIfAbsent(propertyFactory.CreateProperty(Sandbox, sandbox));
            if (container is not null)
            {
                logEvent.AddPropertyIfAbsent(propertyFactory.CreateProperty(Container, container));
            }
        }
    }

    /// <summary>The ids in an actor's path; null for an actor outside of a sandbox.</summary>
    internal static (string Sandbox, string? Container)? Parse(string source)
    {
        var start = source.IndexOf(SandboxesPath, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        // The source of an actor's line ends in a bracket or in "#<uid>".
        var end = source.IndexOfAny([']', '#', ' '], start);
        var steps = source[(start + SandboxesPath.Length)..(end < 0 ? source.Length : end)].Split('/');
        return steps switch
        {
            [""] => null,
            [var sandbox, var child, ..] when child.StartsWith(ContainerPrefix, StringComparison.Ordinal) =>
                (Name(sandbox), Name(child[ContainerPrefix.Length..])),
            _ => (Name(steps[0]), null),
        };
    }

    // A later actor of the same name is called "<name>~<number>"; an id has no tilde.
    private static string Name(string step) => Uri.UnescapeDataString(step).Split(NumberSeparator)[0];
}

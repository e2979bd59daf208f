namespace KataActors.Runtime.Configuration;

/// <summary>The configuration is wrong; the message lists every error.</summary>
public sealed class SettingsException(string source, IReadOnlyList<string> errors)
    : Exception($"configuration {source}: {string.Join("; ", errors)}")
{
    /// <summary>Each error, naming its key.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}

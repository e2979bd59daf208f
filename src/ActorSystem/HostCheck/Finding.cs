namespace KataActors.Runtime.HostCheck;

/// <summary>The weight of a finding.</summary>
internal enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Containers run, but slower, or with something missing.</summary>
    Warning,

    /// <summary>No container can run.</summary>
    Error,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">The thing, such as <c>QEMU</c>.</param>
/// <param name="Level">Its weight.</param>
/// <param name="Text">Its state in words.</param>
internal sealed record Finding(string Subject, FindingLevel Level, string Text);

using System.Collections.Immutable;

namespace KataActors.Runtime.Factory;

/// <summary>Messages of a <see cref="TemplateActor"/>. The commands have no replies: each change of state is told as a <see cref="TemplateView"/>.</summary>
internal static class TemplateProtocol
{
    /// <summary>Look whether the template is still what is wanted.</summary>
    public sealed record Check;

    /// <summary>Make the template, if there is none that is right.</summary>
    public sealed record Make;

    /// <summary>Remove the template.</summary>
    public sealed record Remove;
}

/// <summary>Where the template is in its life.</summary>
internal enum TemplateState
{
    /// <summary>The configuration does not want one.</summary>
    Off,

    /// <summary>It is being compared with what is wanted.</summary>
    Checking,

    /// <summary>There is none, or not the right one.</summary>
    Absent,

    /// <summary>It is being made.</summary>
    Making,

    /// <summary>It may be cloned.</summary>
    Ready,

    /// <summary>It could not be made.</summary>
    Failed,
}

/// <summary>Event for the parent of a <see cref="TemplateActor"/>: this is how the template is now.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="Step">What is being done, in words.</param>
/// <param name="Problem">Why it is not ready; empty when it is.</param>
/// <param name="Manifest">Of a template that is there; null when it cannot be read.</param>
/// <param name="Stamps">As long as they hold, the template is as it was looked at.</param>
internal sealed record TemplateView(TemplateState State, string Step, string Problem, TemplateManifest? Manifest, ImmutableArray<FileStamp> Stamps)
{
    /// <summary>The template that the configuration does not want.</summary>
    public static readonly TemplateView Off = new(TemplateState.Off, "", "the configuration does not enable it", null, []);

    /// <summary>Whether somebody is at work on it, so that waiting is worth while.</summary>
    public bool IsChanging => State is TemplateState.Checking or TemplateState.Making;
}

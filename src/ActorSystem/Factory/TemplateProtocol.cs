using System.Collections.Immutable;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Messages of a <see cref="TemplateActor"/>. The commands have no replies: each change of state is reported as a <see cref="TemplateView"/>.
/// </summary>
internal static class TemplateProtocol
{
    /// <summary>Check whether the template is still the wanted one.</summary>
    public sealed record Check;

    /// <summary>Make the template, in place of any present one.</summary>
    public sealed record Make;

    /// <summary>Remove the template.</summary>
    public sealed record Remove;
}

/// <summary>The states of the template.</summary>
internal enum TemplateState
{
    /// <summary>The template is disabled.</summary>
    Off,

    /// <summary>A check, or a removal, is under way.</summary>
    Checking,

    /// <summary>There is no usable template.</summary>
    Absent,

    /// <summary>The making is under way.</summary>
    Making,

    /// <summary>It may be cloned.</summary>
    Ready,

    /// <summary>Making or checking it has failed.</summary>
    Failed,
}

/// <summary>Event for the parent of a <see cref="TemplateActor"/>: the present state of the template.</summary>
/// <param name="State">The state.</param>
/// <param name="Step">The step under way, in words.</param>
/// <param name="Problem">Why it is not ready; empty when it is.</param>
/// <param name="Manifest">The manifest of the present template; null for none, or an unreadable one.</param>
/// <param name="Stamps">While they hold, the template is as checked.</param>
internal sealed record TemplateView(TemplateState State, string Step, string Problem, TemplateManifest? Manifest, ImmutableArray<FileStamp> Stamps)
{
    /// <summary>The disabled template.</summary>
    public static readonly TemplateView Off = new(TemplateState.Off, "", "the configuration does not enable it", null, []);

    /// <summary>Whether work on it is under way, so that waiting makes sense.</summary>
    public bool IsChanging => State is TemplateState.Checking or TemplateState.Making;
}

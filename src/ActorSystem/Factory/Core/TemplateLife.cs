namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// The template as the factory knows it.
/// <code>
/// Checking ──▶ Ready ──(a file has changed)──▶ Checking
///    │
///    ├──▶ None ──(wanted)──▶ Making ──▶ Ready
///    │                          ▼
///    └──▶ Failed ──(pause)──▶ Checking
/// Ready, None, Failed ──(destroyed)──▶ Removing ──▶ None, Failed
/// </code>
/// </summary>
/// <param name="View">The last report of its actor.</param>
internal abstract record TemplateLife(TemplateView View)
{
    /// <summary>Before the first report of its actor.</summary>
    public static readonly TemplateLife Unknown = new Checking(new TemplateView(TemplateState.Checking, "", "", null, []));

    /// <summary>Whether its actor is at work on it, so that waiting makes sense.</summary>
    public bool IsChanging => this is Checking or Making or Removing;

    /// <summary>The state in a report.</summary>
    public static TemplateLife Of(TemplateView view) => view.State switch
    {
        TemplateState.Checking => new Checking(view),
        TemplateState.Absent => new None(view),
        TemplateState.Making => new Making(view),
        TemplateState.Ready => new Ready(view, Look: null),
        TemplateState.Failed => new Failed(view),
        _ => new Off(),
    };

    /// <summary>The template is disabled.</summary>
    public sealed record Off() : TemplateLife(TemplateView.Off);

    /// <summary>A check is under way, or its actor has just got a command.</summary>
    public sealed record Checking(TemplateView View) : TemplateLife(View with { State = TemplateState.Checking });

    /// <summary>There is no usable template.</summary>
    public sealed record None(TemplateView View) : TemplateLife(View);

    /// <summary>A VM boots and is saved. It counts as a boot.</summary>
    public sealed record Making(TemplateView View) : TemplateLife(View);

    /// <summary>It may be cloned after a look that finds its files unchanged.</summary>
    /// <param name="View">The last report of its actor.</param>
    /// <param name="Look">The look under way; null for none.</param>
    public sealed record Ready(TemplateView View, int? Look) : TemplateLife(View);

    /// <summary>Making or checking it has failed: <see cref="FactoryState.Makings"/> has the pause before the next attempt.</summary>
    public sealed record Failed(TemplateView View) : TemplateLife(View);

    /// <summary>The removal is under way.</summary>
    /// <param name="View">The last report of its actor.</param>
    /// <param name="Existed">Whether there was a template.</param>
    public sealed record Removing(TemplateView View, bool Existed) : TemplateLife(View with { State = TemplateState.Checking });
}

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
/// <param name="View">What its actor has told of it last.</param>
internal abstract record TemplateLife(TemplateView View)
{
    /// <summary>Before its actor has told anything.</summary>
    public static readonly TemplateLife Unknown = new Checking(new TemplateView(TemplateState.Checking, "", "", null, []));

    /// <summary>Whether its actor is at work on it, so that waiting is worth while.</summary>
    public bool IsChanging => this is Checking or Making or Removing;

    /// <summary>The state that a view tells of.</summary>
    public static TemplateLife Of(TemplateView view) => view.State switch
    {
        TemplateState.Checking => new Checking(view),
        TemplateState.Absent => new None(view),
        TemplateState.Making => new Making(view),
        TemplateState.Ready => new Ready(view, Look: null),
        TemplateState.Failed => new Failed(view),
        _ => new Off(),
    };

    /// <summary>The configuration does not want one.</summary>
    public sealed record Off() : TemplateLife(TemplateView.Off);

    /// <summary>It is being compared with what is wanted, or its actor was just told to begin something.</summary>
    public sealed record Checking(TemplateView View) : TemplateLife(View with { State = TemplateState.Checking });

    /// <summary>There is none, or not the right one.</summary>
    public sealed record None(TemplateView View) : TemplateLife(View);

    /// <summary>A VM boots, and is saved. It takes the place of a boot.</summary>
    public sealed record Making(TemplateView View) : TemplateLife(View);

    /// <summary>It may be cloned, when a look at its files has just found them unchanged.</summary>
    /// <param name="View">What its actor has told of it last.</param>
    /// <param name="Look">The look that is under way; null for none.</param>
    public sealed record Ready(TemplateView View, int? Look) : TemplateLife(View);

    /// <summary>It could not be made, or not be looked at: <see cref="FactoryState.Makings"/> tells when it is tried again.</summary>
    public sealed record Failed(TemplateView View) : TemplateLife(View);

    /// <summary>It is being removed.</summary>
    /// <param name="View">What its actor has told of it last.</param>
    /// <param name="Existed">There was one.</param>
    public sealed record Removing(TemplateView View, bool Existed) : TemplateLife(View with { State = TemplateState.Checking });
}

using System.Collections.Immutable;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The result of a decision. The shell takes the state, carries out the effects, and then sends the replies.</summary>
internal sealed record FactoryStep(
    FactoryState State,
    ImmutableArray<FactoryEffect> Effects,
    ImmutableArray<(Requester To, object Reply)> Replies,
    ImmutableArray<Remark> Remarks);

/// <summary>The collector of one decision: it gathers the parts of a <see cref="FactoryStep"/>.</summary>
internal sealed class FactoryTurn(FactoryState state, FactoryContext context)
{
    private readonly ImmutableArray<FactoryEffect>.Builder _effects = ImmutableArray.CreateBuilder<FactoryEffect>();
    private readonly ImmutableArray<(Requester, object)>.Builder _replies = ImmutableArray.CreateBuilder<(Requester, object)>();
    private readonly ImmutableArray<Remark>.Builder _remarks = ImmutableArray.CreateBuilder<Remark>();

    /// <summary>The state so far.</summary>
    public FactoryState State { get; set; } = state;

    /// <summary>Whether a look at the template's files has found them unchanged; true in the decision on that look only.</summary>
    public bool IsTemplateUnchanged { get; set; }

    /// <summary>The other facts that the decision depends on.</summary>
    public FactoryContext Context { get; } = context;

    /// <summary>Adds an effect.</summary>
    public void Do(FactoryEffect effect) => _effects.Add(effect);

    /// <summary>Adds a reply to a requester.</summary>
    public void Reply(Requester to, object reply) => _replies.Add((to, reply));

    /// <summary>Adds a warning to the log.</summary>
    public void Warn(string text) => _remarks.Add(new Remark(false, text));

    /// <summary>Adds an error to the log.</summary>
    public void Complain(string text) => _remarks.Add(new Remark(true, text));

    /// <summary>The result.</summary>
    public FactoryStep ToStep() => new(State, _effects.ToImmutable(), _replies.ToImmutable(), _remarks.ToImmutable());
}

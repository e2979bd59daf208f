using System.Collections.Immutable;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Factory.Core;

/// <summary>A decision. The shell takes the state, carries out the effects, and then sends the replies.</summary>
internal sealed record FactoryStep(
    FactoryState State,
    ImmutableArray<FactoryEffect> Effects,
    ImmutableArray<(Requester To, object Reply)> Replies,
    ImmutableArray<Remark> Remarks);

/// <summary>A decision that is being made: it collects what a <see cref="FactoryStep"/> says, and is gone after it.</summary>
internal sealed class FactoryTurn(FactoryState state, FactoryContext context)
{
    private readonly ImmutableArray<FactoryEffect>.Builder _effects = ImmutableArray.CreateBuilder<FactoryEffect>();
    private readonly ImmutableArray<(Requester, object)>.Builder _replies = ImmutableArray.CreateBuilder<(Requester, object)>();
    private readonly ImmutableArray<Remark>.Builder _remarks = ImmutableArray.CreateBuilder<Remark>();

    /// <summary>The state after what was decided so far.</summary>
    public FactoryState State { get; set; } = state;

    /// <summary>Whether a look at the template's files has just found them unchanged: that holds for this decision only.</summary>
    public bool IsTemplateUnchanged { get; set; }

    /// <summary>What it depends on beside the state.</summary>
    public FactoryContext Context { get; } = context;

    /// <summary>An effect is to be carried out.</summary>
    public void Do(FactoryEffect effect) => _effects.Add(effect);

    /// <summary>A requester is to be answered.</summary>
    public void Reply(Requester to, object reply) => _replies.Add((to, reply));

    /// <summary>A warning for the log.</summary>
    public void Warn(string text) => _remarks.Add(new Remark(false, text));

    /// <summary>An error for the log.</summary>
    public void Complain(string text) => _remarks.Add(new Remark(true, text));

    /// <summary>What was decided.</summary>
    public FactoryStep ToStep() => new(State, _effects.ToImmutable(), _replies.ToImmutable(), _remarks.ToImmutable());
}

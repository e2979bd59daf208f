using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// One sandbox: its VM and the containers in it. The actor owns the actors of the VMM, the cgroups, the storage, the agent and the containers. It is
/// the shell of <see cref="Sandbox.On"/>, which makes all decisions: it turns messages into inputs, persists the events, carries out the effects and
/// sends the replies. So each intent is journaled before its effect, and each fact before its reply. The end of this actor leaves the resources
/// alone: they outlive it, and a fresh actor adopts them.
/// </summary>
internal sealed class SandboxActor : SandboxJournal, ISandboxShell
{
    private readonly Queue<Input> _inputs = new();
    private readonly DelayedCommands _delayed;
    private readonly ExitWaiters _waiters;
    private readonly CreationRequests _creations;
    private readonly Requesters _requesters;
    private readonly PendingEffects _pending;
    private readonly ResourceActors _resources;
    private readonly ContainerActors _containers;
    private readonly Replacements _replacements;
    private readonly Consequences _consequences;
    private readonly SandboxNews _news;
    private readonly PoolGroups _poolGroups;
    private readonly EffectRunner _runner;
    private Step? _step;

    public SandboxActor(SandboxRegistration registration, SandboxLife life, SandboxServices services)
        : base(registration, life, services)
    {
        _delayed = new DelayedCommands(registration.Key.Id);
        _waiters = new ExitWaiters(services.Clock);
        _creations = new CreationRequests(services.Descriptors);
        _requesters = new Requesters(Context, _creations);
        _pending = new PendingEffects(Self, this);
        _resources = new ResourceActors(Context, this, registration, services, _pending);
        _containers = new ContainerActors(Context, this, _resources, _pending, services.Settings.Deadlines);
        _replacements = new Replacements(this, _resources, _containers, services.Clock, Log);
        _news = new SandboxNews(services, _resources, _containers);
        _consequences = new Consequences(Context.Parent, _containers, _waiters, Log);
        _poolGroups = new PoolGroups(Context, services.Children.Cgroup, Log);
        _runner = new EffectRunner(Context, this, registration, services, _pending, _resources, _containers, _creations, _poolGroups, _delayed, Log);
    }

    /// <inheritdoc/>
    public override bool IsSettled => _step is null && _inputs.Count == 0 && _creations.IsEmpty && Work.IsSettled;

    /// <inheritdoc/>
    public bool IsBeingRemoved => Work.IsRemoval;

    /// <inheritdoc/>
    public CgroupPlacement Cgroups => Names.Cgroups;

    /// <inheritdoc/>
    public Guid? PoolGroup => Names.PoolVm is { } vm && !_poolGroups.IsGone(vm) ? vm : null;

    /// <inheritdoc/>
    protected override bool IsIdle => _step is null && State.Operations.IsEmpty;

    // With the decision whose events are being persisted.
    private SandboxWork Work => new(State, _step?.State ?? State);

    /// <param name="registration">The sandbox.</param>
    /// <param name="life">How the actor begins.</param>
    /// <param name="services">Shared by all SandboxActors.</param>
    public static Props Props(SandboxRegistration registration, SandboxLife life, SandboxServices services) =>
        Akka.Actor.Props.Create(() => new SandboxActor(registration, life, services));

    /// <inheritdoc/>
    public override void Decide(Input input)
    {
        if (_step is not null)
        {
            _inputs.Enqueue(input);
            return;
        }

        var before = State;
        var step = _step = Sandbox.On(before, input, Seen());
        _creations.AddTimings(step, before);
        Write(step.Events, () => Take(step, before.Record));
    }

    /// <inheritdoc/>
    public override ImmutableArray<(DeleteContainer Removal, IActorRef Asker)> TakeRemovals() =>
    [
        .. Work.Deletions(_inputs).Select(deletion =>
            (new DeleteContainer(Registration.Key with { Id = deletion.Container }, Force: true), _requesters.Take(deletion.Requester))),
    ];

    /// <summary>A failed child is stopped, never restarted, because its state is an external resource; <see cref="Replacements"/> makes a successor.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case IContainerMessage and not WaitContainer when Work.IsReconciliation:
                _delayed.Add(message, Sender);
                break;
            case CreateContainer create:
                var waiting = Requester(new Created());
                Decide(new Create(create, _creations.Begin(waiting.Id, create), waiting));
                break;
            case FinishCreation finish:
                Decide(new HooksRan(finish.Key.Id, finish.RequestId, Requester(new Finished(IsCreated: true))));
                break;
            case StartContainer start:
                Decide(new Start(start.Key.Id, Requester(new Started(Hooked(start.Key.Id)))));
                break;
            case SandboxCommands.Exec exec:
                Decide(new Core.Exec(exec.Key.Id, exec.Process, Requester(new Executed())));
                break;
            case SandboxCommands.PauseContainer pause:
                Decide(new SetPaused(pause.Key.Id, IsPaused: true, Requester(new Paused())));
                break;
            case ResumeContainer resume:
                Decide(new SetPaused(resume.Key.Id, IsPaused: false, Requester(new Resumed())));
                break;
            case SandboxQueries.ViewContainer view:
                Decide(new View(view, _requesters.Add()));
                break;
            case DeleteContainer delete:
                Decide(new Delete(delete.Key.Id, delete.Force, Requester(new Deleted())));
                break;
            case UpdateContainer update:
                Decide(new Update(update.Key.Id, update.Change, _requesters.Add()));
                break;
            case KillContainer or ReadOutput or WriteInput or CloseInput or ResizeTerminal:
                _containers.Forward((IProcessMessage)message, Absent);
                break;
            default:
                Always(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Always(object message)
    {
        switch (message)
        {
            case Terminated stopped:
                _replacements.OnStopped(stopped.ActorRef);
                break;
            case not null when _resources.IsDeparting(Sender) || OnReturn(message):
                break;
            case EffectEnded ended when _pending.Settle(ended.Id):
                Decide(ended);
                break;
            case WaitContainer wait:
                _waiters.Add(Sender, wait, State.Record);
                break;
            case SandboxQueries.InspectSandbox:
                Decide(new Inspect(_requesters.Add()));
                break;
            case PoolGroupActor.Gone gone:
                _poolGroups.OnGone(gone);
                break;
            case not null when _news.Take(message, Sender) is { } news:
                Decide(news);
                break;
            case EffectEnded or DeleteMessagesSuccess or DeleteMessagesFailure or CgroupProtocol.Destroyed or CgroupFailure { Command: CgroupProtocol.Destroy }
                or HypervisorProtocol.Restored or Failure:
                // Stale replies, and replies to commands without an effect.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Report() => _consequences.Report(State.Record);

    /// <inheritdoc/>
    private protected override WaitingRequester Requester(object reply) => new(_requesters.Add(), reply);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        var work = Work;
        var stopped = new Failure(FailureCode.Unavailable, $"the actor of sandbox \"{Registration.Key.Id}\" has stopped");
        foreach (var container in work.Unrecorded)
        {
            Context.Parent.Tell(new ContainerGone(container));
        }

        _requesters.ReplyAll(requester => work.FailureFor(requester, JournalProblem ?? "the actor of its sandbox has stopped", stopped));
        _delayed.Refuse(stopped);
        base.PostStop();
    }

    private void Take(Step step, SandboxRecord before)
    {
        // The record has all events, also those recorded meanwhile.
        State = step.State with { Record = State.Record };
        foreach (var remark in step.Remarks)
        {
            Log.Log(remark.IsError ? LogLevel.ErrorLevel : LogLevel.WarningLevel, null, "{0}", remark.Text);
        }

        WriteLater(step.LateEvents);
        if (step.Events.Length + step.LateEvents.Length > 0)
        {
            Report();
            Removed.UnionWith(_consequences.Follow(step.Events, before, State.Record));
            if (State.Record.Deleted)
            {
                EndSandbox();
            }
        }

        foreach (var effect in step.Effects)
        {
            _runner.Run(effect);
        }

        foreach (var (to, reply) in step.Replies)
        {
            _requesters.Reply(to, reply);
        }

        _pending.EndPauses(State.Operations.ContainsKey);
        _step = null;
        if (_inputs.TryDequeue(out var next))
        {
            Decide(next);
        }
    }

    private ContainerSnapshot? Hooked(string id) =>
        State.Record.Containers.TryGetValue(id, out var container) && container.ToSnapshot(Registration.Key.Id) is { Hooks.Poststart.Count: > 0 } hooked ? hooked : null;

    private SandboxContext Seen() => new(Registration, Services.Settings, DateTimeOffset.UtcNow, new Outside
    {
        IsJournaled = IsJournaled,
        BootId = ProcessIdentity.BootId,
        AgentConnected = _resources.IsAgentConnected,
        // A hypervisor actor without a VM, which was asked for threads only, would report the VM as stopped.
        HoldsVm = _resources.Has(ResourceKind.Hypervisor) && State.Seen.Vm is not null,
        VmUuids = Names.VmUuids(State.Seen.Vm?.Config),
        PoolGroup = PoolGroup,
        TakesUnmarkedCgroups = HasUnknownCgroups,
        Attended = [.. _containers.Attended],
        StandInsGone = [.. _containers.StandInsGone],
    });
}

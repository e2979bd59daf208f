using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

// The template: made when it is wanted, shown, and removed.
internal sealed partial class FactoryActor
{
    private static readonly Guid s_templateBoot = Guid.Empty;
    private static readonly TimeSpan s_longestMakingPause = TimeSpan.FromMinutes(10);

    // An attempt holds up those who wait for it, so even the first pause is long.
    private readonly Backoff _makings = new(TimeSpan.FromMinutes(1), s_longestMakingPause);
    private readonly List<InitAsker> _initAskers = [];
    private readonly List<IActorRef> _destroyAskers = [];
    private bool _destroying;
    private bool _removing;
    private bool _hadTemplate;

    private bool OnTemplate(object message)
    {
        switch (message)
        {
            case TemplateView view:
                OnTemplateChanged(view);
                return true;
            case TemplateActorStopped:
                _templateActor = ActorRefs.Nobody;
                OnTemplateChanged(new TemplateView(TemplateState.Failed, "", "its actor failed", null, []));
                return true;
            case MakeAgain when _template is { View.State: TemplateState.Failed }:
                TellTemplateActor(new TemplateProtocol.Check());
                return true;
            case InitTemplate init:
                Init(init);
                return true;
            case GetStatus:
                TellStatus();
                return true;
            case DestroyFactory:
                BeginDestroying();
                return true;
            case DestroyOverdue when _destroying && _template?.View.IsChanging != true:
                EndDestroying(new Failure(FailureCode.FailedPrecondition, $"cannot destroy the factory within {s_destroyDeadline.TotalSeconds:0} s: {WhatIsLeft()}"));
                return true;
            case MakeAgain or DestroyOverdue:
                return true;
            default:
                return false;
        }
    }

    private void StartTemplateActor()
    {
        _templateActor = Context.ActorOf(TemplateActor.Props(
            _services.Template, _services.Directory, DescribeUsual, _services.Children, _services.BootDeadline));
        Context.WatchWith(_templateActor, new TemplateActorStopped());
    }

    // A fresh actor begins with a look, and what is wanted follows from what it finds.
    private void TellTemplateActor(object message)
    {
        _template!.View = _template.View with { State = TemplateState.Checking };
        if (_templateActor.IsNobody())
        {
            StartTemplateActor();
        }
        else
        {
            _templateActor.Tell(message);
        }
    }

    private VmConfig DescribeUsual(VmIdentity identity) => _direct.Describe(identity, _services.Vm.Vcpus, _services.Vm.MemoryMib) switch
    {
        VmConfig config => config,
        Failure failure => throw new InvalidOperationException(failure.Message),
        var other => throw new InvalidOperationException($"unexpected {other}"),
    };

    private void TellWanted()
    {
        if (_template is { Wanted: { } wanted, View.IsChanging: false } && !_destroying)
        {
            // Until it says what it does, it is not asked twice.
            TellTemplateActor(wanted);
        }
    }

    private void OnTemplateChanged(TemplateView view)
    {
        var wasMaking = _template!.View.State == TemplateState.Making;
        _template.View = view;
        if (view.State == TemplateState.Making)
        {
            _booting.TryAdd(s_templateBoot, new Boot(VmSources.Cold, null));
        }
        else
        {
            _booting.Remove(s_templateBoot);
        }

        if (view.State == TemplateState.Ready)
        {
            _makings.Succeed();
            Timers.Cancel(nameof(MakeAgain));
        }
        else if (view.State == TemplateState.Failed && !Timers.IsTimerActive(nameof(MakeAgain)))
        {
            // An attempt by hand, before its time, puts off nothing.
            Timers.StartSingleTimer(nameof(MakeAgain), new MakeAgain(), _makings.Fail(view.Problem, out var isNews));
            if (isNews)
            {
                _log.Error("the template could not be made: {0}", view.Problem);
            }
        }

        AnswerInit(view, wasMaking);
        if (_destroying && view.State == TemplateState.Failed && _templateActor.IsNobody())
        {
            EndDestroying(NotRemoved(view));
        }
        else if (_destroying && !_removing)
        {
            DestroyWhenQuiet();
        }
        else if (_destroying && !view.IsChanging)
        {
            EndDestroying(view is { Manifest: null, State: not TemplateState.Failed } ? new FactoryDestroyed(_hadTemplate) : NotRemoved(view));
        }

        Pump();
    }

    private void Init(InitTemplate init)
    {
        if (_template is null)
        {
            Sender.Tell(new Failure(FailureCode.FailedPrecondition, "the template is not enabled: set kata-actors.factory.enable-template to \"on\""));
            return;
        }

        _pool.Fill();
        _initAskers.Add(new InitAsker(Sender, init.KnownStep));
        if (_template.View.State is TemplateState.Absent or TemplateState.Failed && init.KnownStep.Length == 0)
        {
            TellTemplateActor(new TemplateProtocol.Make());
        }
        else
        {
            AnswerInit(_template.View, made: false);
        }

        if (init.KnownStep.Length == 0)
        {
            // Whoever asks by hand may have mended what the pool failed for.
            EndRefillPause();
            Pump();
        }
    }

    private void AnswerInit(TemplateView view, bool made)
    {
        if (view.State == TemplateState.Absent && _initAskers.Count > 0)
        {
            // It was looked at when the command came, and was not right.
            TellTemplateActor(new TemplateProtocol.Make());
            return;
        }

        object? answer = view.State switch
        {
            TemplateState.Ready => new TemplateProgress("the template is ready", Done: true, made),
            TemplateState.Failed => new Failure(FailureCode.Internal, $"the template could not be made: {view.Problem}"),
            _ => null,
        };
        foreach (var asker in _initAskers.Where(asker => answer is not null || (view.Step.Length > 0 && asker.KnownStep != view.Step)).ToArray())
        {
            _initAskers.Remove(asker);
            asker.Asker.Tell(answer ?? new TemplateProgress(view.Step, Done: false, made));
        }
    }

    // Reading what the kernel knows of the clones takes its time, and is nobody's business but the asker's.
    private void TellStatus()
    {
        var view = _template?.View ?? TemplateView.Off;
        var status = new FactoryStatus(
            view,
            _services.Template.Folder,
            _pool.Ready,
            _pool.Booting,
            _pool.Target,
            _services.Settings.PoolMinimum,
            _services.Settings.PoolMaximum,
            _booting.Count,
            _services.Settings.ConcurrentBoots,
            _waiting.Count,
            _counts,
            SharedMemory.None) { PoolProblem = _pool.Ready < _pool.Target ? _refills.Cause : "" };
        var memory = _services.Template.Current.MemoryFile;
        Task.Run(() => status with { Memory = SharedMemory.Of(memory), Template = Looked(view) }).PipeTo(Sender, Self, failure: e => new Failure(FailureCode.Internal, e.Message));
    }

    // A template that was right when it was last cloned may have been damaged since.
    private TemplateView Looked(TemplateView view)
    {
        if (view.State is not (TemplateState.Ready or TemplateState.Absent))
        {
            return view;
        }

        var usual = _direct.Describe(_services.Directory.NewVm(Name), _services.Vm.Vcpus, _services.Vm.MemoryMib);
        if (usual is Failure failure)
        {
            return view with { Problem = failure.Message };
        }

        var check = TemplateCheck.Read(_services.Template, (VmConfig)usual);
        return view with { State = check.IsRight ? TemplateState.Ready : TemplateState.Absent, Problem = check.Problem ?? "", Manifest = check.Manifest };
    }

    private void BeginDestroying()
    {
        _destroyAskers.Add(Sender);
        if (_destroying)
        {
            return;
        }

        _destroying = true;
        EmptyPool();
        Timers.StartSingleTimer(nameof(DestroyOverdue), new DestroyOverdue(), s_destroyDeadline);
        DestroyWhenQuiet();
    }

    private static Failure NotRemoved(TemplateView view) => new(FailureCode.Internal, $"the template could not be removed: {view.Problem}");

    private int ClonesStarting() => _booting.Values.Count(boot => boot.Source == VmSources.Template);

    private string WhatIsLeft() => _pool.IsEmpty ? $"{ClonesStarting()} VMs are just being cloned from the template" : $"{_pool.Ready + _pool.Booting} VMs of the pool have not ended";

    private void DestroyWhenQuiet()
    {
        if (!_destroying || ClonesStarting() > 0 || !_pool.IsEmpty)
        {
            return;
        }

        if (_template is null)
        {
            EndDestroying(new FactoryDestroyed(false));
        }
        else if (!_template.View.IsChanging)
        {
            // A fresh actor looks first.
            _removing = !_templateActor.IsNobody();
            _hadTemplate = _template.View.Manifest is not null;
            TellTemplateActor(new TemplateProtocol.Remove());
        }
    }

    private void EndDestroying(object reply)
    {
        (_destroying, _removing) = (false, false);
        Timers.Cancel(nameof(DestroyOverdue));
        foreach (var asker in _destroyAskers)
        {
            asker.Tell(reply);
        }

        _destroyAskers.Clear();
        Pump();
    }

    private sealed record InitAsker(IActorRef Asker, string KnownStep);

    private sealed record TemplateActorStopped;

    private sealed record MakeAgain;

    private sealed record DestroyOverdue;
}

using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Teardown;
using static KataActors.Runtime.Factory.TemplateProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>
/// The template of the node, on disk and in the making. There is one maker for any number of requesters.
/// <code>
/// Checking ──right──▶ Ready                Ready, Absent, Failed ──Check──▶ Checking
///    ├──not right──▶ Absent               Ready, Absent, Failed ──Remove──▶ Checking ──▶ Absent
///    └──failed──▶ Failed                  Ready, Absent, Failed ──Make──▶ Making ──▶ Ready
///                                                                           └──failed──▶ Failed
/// </code>
/// Files are read and written off the actor; the VM that becomes the template is a child.
/// </summary>
internal sealed class TemplateActor : UntypedActor
{
    private const string VmName = "template";

    private readonly TemplateFiles _files;
    private readonly FactoryDirectory _directory;
    private readonly Func<VmIdentity, VmConfig> _configOf;
    private readonly SandboxChildren _make;
    private readonly TimeSpan _bootDeadline;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Task<TemplateManifest>? _facts;
    private Guid _making;
    private bool _hasMaker;
    private string? _undoing;

    public TemplateActor(TemplateFiles files, FactoryDirectory directory, Func<VmIdentity, VmConfig> configOf, SandboxChildren make, TimeSpan bootDeadline)
    {
        _files = files;
        _directory = directory;
        _configOf = configOf;
        _make = make;
        _bootDeadline = bootDeadline;
    }

    /// <param name="files">The template's files.</param>
    /// <param name="directory">The parent of the making VM's run directory.</param>
    /// <param name="configOf">The configuration of the making VM.</param>
    /// <param name="make">How the VM's actors are made.</param>
    /// <param name="bootDeadline">From QEMU's start to the agent's first answer.</param>
    public static Props Props(
        TemplateFiles files, FactoryDirectory directory, Func<VmIdentity, VmConfig> configOf, SandboxChildren make, TimeSpan bootDeadline) =>
        Akka.Actor.Props.Create(() => new TemplateActor(files, directory, configOf, make, bootDeadline));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart() => BeginCheck();

    /// <summary>At rest: Ready, Absent or Failed.</summary>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Check:
                BeginCheck();
                break;
            case TemplateProtocol.Make:
                BeginMaking();
                break;
            case TemplateProtocol.Remove:
                Tell(TemplateState.Checking, "removing the template");
                Become(Checking);
                Task.Run(Remove).PipeTo(Self, failure: e => new WorkFailed(e.Message));
                break;
            case MakerStopped or Undone or TeardownActor.Delayed or TeardownActor.Gone:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Checking(object message)
    {
        switch (message)
        {
            case TemplateCheck check:
                Become(OnReceive);
                Settle(check);
                break;
            case WorkFailed failed:
                Become(OnReceive);
                Fail(failed.Reason);
                break;
            default:
                WhileAtWork(message);
                break;
        }
    }

    private void Making(object message)
    {
        switch (message)
        {
            case MakingBegun begun:
                BootMaker(begun.Config);
                break;
            case FactoryVmProtocol.Started:
                Tell(TemplateState.Making, "booting the VM");
                break;
            case FactoryVmProtocol.Saving:
                Tell(TemplateState.Making, "saving its memory and state");
                break;
            case FactoryVmProtocol.Saved:
                _hasMaker = false;
                Tell(TemplateState.Making, "computing the checksums");
                Commit(_making, _facts!).PipeTo(Self, failure: e => new WorkFailed(e.Message));
                break;
            case FactoryVmProtocol.Lost lost:
                _hasMaker = false;
                Undo(lost.Reason);
                break;
            case MakerStopped stopped when stopped.Uuid == _making && _hasMaker:
                _hasMaker = false;
                Undo("the actor of its VM failed");
                break;
            case WorkFailed failed:
                Undo(failed.Reason);
                break;
            case TemplateCheck check:
                Become(OnReceive);
                _log.Info("the template was made");
                Settle(check);
                break;
            case Undone undone when undone.Uuid == _making && _undoing is { } reason:
                EndUndo(reason);
                break;
            case TeardownActor.Delayed delayed when delayed.Vm == _making && _undoing is { } reason:
                // The teardown is repeated, and not awaited.
                EndUndo($"{reason}; and what is left of it cannot be removed: {delayed.Problem}");
                break;
            default:
                WhileAtWork(message);
                break;
        }
    }

    private void WhileAtWork(object message)
    {
        switch (message)
        {
            case Check or TemplateProtocol.Make or TemplateProtocol.Remove or MakerStopped or Undone or TeardownActor.Delayed or TeardownActor.Gone:
                // The requester gets the result, and asks again; a teardown may belong to an earlier attempt.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void BeginCheck()
    {
        Tell(TemplateState.Checking, "checking the template");
        Become(Checking);
        var identity = _directory.NewVm(VmName);
        Task.Run(() => TemplateCheck.Read(_files, _configOf(identity))).PipeTo(Self, failure: e => new WorkFailed(e.Message));
    }

    private void BeginMaking()
    {
        Tell(TemplateState.Making, "starting a VM");
        Become(Making);
        var identity = _directory.NewVm(VmName);
        _making = identity.Uuid;
        Task.Run(Begin).PipeTo(Self, failure: e => new WorkFailed(e.Message));
        MakingBegun Begin()
        {
            _make.CrashPoints.Pass();
            var config = _configOf(identity) with { Template = _files.BeginMaking(identity.Uuid) };
            RefuseSmallFolder(config);
            return new MakingBegun(config);
        }
    }

    private void BootMaker(VmConfig config)
    {
        _facts = Task.Run(() => TemplateFacts.Of(config));
        _hasMaker = true;
        Context.WatchWith(
            Context.ActorOf(FactoryVmActor.Props(config, _make, new FactoryVmDeadlines(_bootDeadline)), $"maker-{_making:N}"), new MakerStopped(_making));
    }

    private Task<TemplateCheck> Commit(Guid uuid, Task<TemplateManifest> facts) => Task.Run(async () =>
    {
        var template = _files.Making(uuid);
        var manifest = (await facts.ConfigureAwait(false)).With(template) with { CreatedAt = DateTimeOffset.UtcNow };
        _make.CrashPoints.Pass();
        RegularFile.Write(TemplateFiles.ManifestIn(template.Directory), manifest.Sealed().ToJson(), TemplateFiles.FileMode);
        _make.CrashPoints.Pass();
        _files.Commit(uuid);
        _make.CrashPoints.Pass();
        return new TemplateCheck(manifest.Sealed(), null, TemplateCheck.StampsOf(_files, _configOf(_directory.NewVm(VmName))));
    });

    // QEMU would die by a signal without an explanation when its memory file runs out of room.
    private void RefuseSmallFolder(VmConfig config)
    {
        var wanted = config.MemoryMib * 1024L * 1024L;
        var free = new DriveInfo(_files.Folder).AvailableFreeSpace;
        if (free < wanted)
        {
            throw new IOException($"\"{_files.Folder}\" has room for {free / 1024 / 1024} MiB, and the guest has {wanted / 1024 / 1024} MiB of memory");
        }
    }

    private void Undo(string reason)
    {
        _undoing = reason;
        var remains = _directory.RemainsOf(_making);
        remains = remains with { Folders = remains.Folders.Add(_files.Making(_making).Directory), CrashPoints = _make.CrashPoints };
        Context.WatchWith(Context.ActorOf(TeardownActor.Props(remains), $"left-{_making:N}"), new Undone(_making));
    }

    private void EndUndo(string reason)
    {
        _undoing = null;
        Become(OnReceive);
        Fail(reason);
    }

    private TemplateCheck Remove()
    {
        _make.CrashPoints.Pass();
        _files.Remove();
        return TemplateCheck.None;
    }

    private void Settle(TemplateCheck check)
    {
        if (check.Problem is { } problem && check.Exists)
        {
            _log.Warning("the template is not used, and will be made again: {0}", problem);
        }

        Context.Parent.Tell(new TemplateView(check.IsRight ? TemplateState.Ready : TemplateState.Absent, "", check.Problem ?? "", check.Manifest, check.Stamps));
    }

    private void Fail(string reason) => Context.Parent.Tell(new TemplateView(TemplateState.Failed, "", reason, null, []));

    private void Tell(TemplateState state, string step) => Context.Parent.Tell(new TemplateView(state, step, step, null, []));

    private sealed record MakingBegun(VmConfig Config);

    private sealed record MakerStopped(Guid Uuid);

    private sealed record WorkFailed(string Reason);

    private sealed record Undone(Guid Uuid);
}

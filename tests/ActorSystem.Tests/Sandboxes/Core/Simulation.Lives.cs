using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

// How lives begin, the commands in them, and their end.
internal sealed partial class Simulation
{
    private static readonly byte[] s_free = Specs.Make().Bytes;
    private static readonly byte[] s_limited = Specs.Make(Specs.Cpu(20_000, 100_000)).Bytes;

    private void BeginLife()
    {
        _registration = Decider.RegistrationOf("s") with { Uuid = new Guid(++_lives, 5, 5, new byte[8]) };
        (_state, _journal) = (SandboxState.Empty, SandboxRecord.Empty);
        _late.Clear();
        _knowsGuest = true;
        _shell = new SimulatedShell(_host, _factory, _random, _registration);
    }

    // The VM runs with three containers, and a fourth one is to be undone.
    private void BeginRunning()
    {
        var vm = _host.Launch(_registration.Uuid);
        (vm.HasSandbox, vm.IsPlaced, _host.Cgroups, _host.RunDirectory) = (true, true, true, true);
        Write(new SandboxCreateBegun { Root = "/r", Id = "s", HostName = "s", Uuid = _registration.Uuid.ToString(), BootId = _host.BootId, Vcpus = 1 });
        Write(new VmLaunched { Vmm = new ProcessRecord { Pid = vm.Process.Pid, StartTime = vm.Process.StartTime }, Source = VmSources.Cold, Accelerator = "tcg" });
        foreach (var id in new[] { "s", "c", "d", "x" })
        {
            Add(id, vm);
        }

        _host.StandIns.UnionWith(["s", "c", "d"]);
        _shell.Hold(vm, ["s", "c", "d"]);
        var identity = new VmIdentity("s", _registration.Uuid, "/run/x/sandboxes/s");
        _state = _state with { Seen = _state.Seen with { Vm = new VmLease(SimulatedFactory.Config(identity, identity.Uuid), "", null) { IsTaken = true } } };
    }

    private void Add(string id, SimulatedVm vm)
    {
        Write(new ContainerCreateBegun
        {
            Id = id,
            Spec = ByteString.CopyFrom(id == "d" ? s_free : s_limited),
            Bundle = "/b",
            StandIn = new ProcessRecord { Pid = 8, StartTime = 80 },
        });
        vm.Quotas[id] = id == "d" ? null : new CpuLimit(20_000, 100_000);
        vm.InGuest.Add(id);
        vm.Mounted.Add(id);
        if (id != "x")
        {
            Write(new ContainerCreated { Id = id });
            vm.Processes.Add(id);
        }
    }

    // The first container's creation, which is given up by its caller at any moment, or not.
    private void BeginWithCreation()
    {
        var create = CreationOf("s", hasDescriptors: _host.IsCalm || _random.Next(40) > 0);
        Ask(create);
        if (!_host.IsCalm && _random.Next(6) == 0)
        {
            Some(_random.Next(30));
            Ask(RemovalOf("s"));
        }

        for (var step = 0; _replies[create.Waiting.Id] is null && _crashes == 0; step++)
        {
            Assert.True(step < LongestRun, "the creation does not come to its end");
            Happen();
        }

        if (_host.IsCalm && _crashes == 0)
        {
            Assert.IsType<SandboxCommands.Created>(_replies[create.Waiting.Id]);
        }
    }

    private void Live()
    {
        Input[] commands =
        [
            new Start("s", Wait(new SandboxCommands.Started())),
            new Start("c", Wait(new SandboxCommands.Started())),
            new Start("c", Wait(new SandboxCommands.Started())),
            _state.Record.Containers.ContainsKey("x") ? new UndoCreation("x", "it failed", null) : CreationOf("c"),
            RemovalOf("d"),
            RemovalOf("d"),
            CreationOf("n"),
            UpdateOf("c", 50_000),
            UpdateOf("s", 10_000),
            PauseOf("s", true),
            PauseOf("s", false),
            PauseOf("c", true),
            PauseOf("d", true),
            PauseOf("d", false),
            ViewOf("c"),
            ExecOf("s", "e1"),
            ExecOf("c", "e2"),
            ExecOf("d", "e3"),
            new Inspect(Wait(nameof(SandboxDetails)).Id),
            new Inspect(Wait(nameof(SandboxDetails)).Id),
            new AgentReturned(),
        ];
        _random.Shuffle(commands);
        foreach (var command in commands)
        {
            Ask(command);
            Some(_random.Next(6));
        }

        if (_random.Next(4) == 0 && GuestVm is { } vm)
        {
            vm.Hangs = true;
            Ask(new GiveUpVm("it hangs"));
        }

        Some(_random.Next(40));
        if (_random.Next(4) == 0 && IsHealthy)
        {
            Drain();
            CheckSettled();
        }
    }

    private void End()
    {
        Ask(RemovalOf("s"));
        for (var step = 0; !_shell.IsGone; step++)
        {
            Assert.True(step < LongestRun, "the removal does not come to its end");
            Happen();
        }

        CheckEnd();
    }

    // The id is free: the same pod is created once more, on a host where nothing fails.
    private void LiveAgain()
    {
        (_host.IsCalm, _host.FailsOneIn) = (true, 0);
        BeginLife();
        var (create, crashes) = (CreationOf("s"), _crashes);
        Ask(create);
        for (var step = 0; _replies[create.Waiting.Id] is null && crashes == _crashes; step++)
        {
            Assert.True(step < LongestRun, "the second creation does not come to its end");
            Proceed();
        }

        Assert.True(crashes < _crashes || _replies[create.Waiting.Id] is SandboxCommands.Created, $"the id cannot be used again: {_replies[create.Waiting.Id]}");
        End();
    }

    // A command of a caller, or what the shell begins itself. Commands wait for the end of a reconciliation.
    private void Ask(Input input)
    {
        if (input is Exec asked)
        {
            _execs[asked.Waiting.Id] = asked;
        }

        if (_shell.IsGone)
        {
            AnswerGone(input);
        }
        else if (input is Create or Delete or Start or Update or Exec or SetPaused or View && _state.Operations.Values.Any(operation => operation is Reconcile))
        {
            _delayed.Enqueue(input);
        }
        else
        {
            if (input is Create create)
            {
                _host.StandIns.Add(create.Container.Key.Id);
                _shell.BeginCreation(create);
            }

            if (input is Exec exec)
            {
                _host.StandIns.Add($"{exec.Container}/{exec.Added.Id}");
            }

            Decide(input);
        }
    }

    private void AnswerGone(Input input)
    {
        var request = input switch
        {
            Create create => create.Waiting.Id,
            Delete delete => delete.Waiting.Id,
            Start start => start.Waiting.Id,
            Exec exec => exec.Waiting.Id,
            SetPaused set => set.Waiting.Id,
            View view => view.Waiting,
            Update update => update.Waiting,
            Inspect inspect => inspect.Waiting,
            _ => default,
        };
        if (request != default)
        {
            Reply(request, Failure.NoSuchContainer("s"));
        }
    }

    private Create CreationOf(string id, bool hasDescriptors = true)
    {
        var network = _random.Next(2) == 0 ? Specs.InNetwork : null;
        var (spec, bytes) = Specs.Make(id == "s" ? network + Specs.Cpu(20_000, 100_000) : Specs.Joining("s", 30_000, 100_000));
        Assert.True(ContainerPlacement.TryResolve(spec, ContainerId.Parse(id), out var placement, out _));
        var command = new SandboxCommands.CreateContainer(new ContainerKey("/r", id), spec, placement!, bytes, "/b", new ProcessIdentity(9, 90, _host.BootId), default, 0);
        var create = new Create(command, hasDescriptors, Wait(new SandboxCommands.Created()));
        _creations.Add(create.Waiting.Id, id);
        return create;
    }

    private Delete RemovalOf(string id) => new(id, Force: true, Wait(new SandboxCommands.Deleted()));

    private Update UpdateOf(string id, long quota) => new(
        id, new ResourcesSpec { Cpu = new CpuSpec { Quota = quota, Period = 100_000 } }, Wait(new SandboxCommands.Updated([])).Id);

    private SetPaused PauseOf(string id, bool isPaused) => new(id, isPaused, Wait(isPaused ? new SandboxCommands.Paused() : new SandboxCommands.Resumed()));

    private View ViewOf(string id) => new(
        new SandboxQueries.ViewContainer(new ContainerKey("/r", id), SandboxQueries.Inside.Processes), Wait(nameof(SandboxQueries.ContainerView)).Id);

    private WaitingRequester Wait(object reply)
    {
        var id = new RequesterId(++_asked);
        _replies[id] = null;
        return new WaitingRequester(id, reply);
    }
}

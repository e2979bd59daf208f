using Google.Protobuf;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>
/// The core with a <see cref="SimulatedHost"/> and a <see cref="SimulatedFactory"/>: commands come, replies come in any order or after their deadlines, actors are lost,
/// VMs die, and the daemon crashes at one point and returns with what it has on record. A seed repeats a run.
/// </summary>
internal sealed partial class Simulation
{
    private const int LongestRun = 20_000;
    private const int LongestTrace = 40;
    private const int LongestItem = 150;
    private readonly int _seed;
    private readonly int _crashAt;
    private readonly Random _random;
    private readonly Queue<(Input, Step)> _trace = new();
    private readonly Dictionary<RequesterId, object?> _replies = []; // Null before the reply.
    private readonly Dictionary<RequesterId, string> _creations = [];
    private readonly List<IMessage> _late = []; // Events that are not in the journal yet.
    private readonly SimulatedHost _host;
    private readonly SimulatedFactory _factory;
    private SandboxRegistration _registration = null!;
    private SimulatedShell _shell = null!;
    private SandboxState _state = SandboxState.Empty;
    private SandboxRecord _journal = SandboxRecord.Empty;
    private int _crashes;
    private int _lives;
    private int _asked;

    // A round of limits has succeeded since the daemon has returned: the guest is known.
    private bool _knowsGuest;

    /// <param name="seed">Of all that is drawn.</param>
    /// <param name="crashAt">The daemon crashes when so many points are passed: after an event, or before an effect; 0 for never.</param>
    public Simulation(int seed, int crashAt)
    {
        (_seed, _crashAt) = (seed, crashAt);
        _random = new Random(seed);
        var isCalm = _random.Next(4) == 0;
        _host = new SimulatedHost(_random) { IsCalm = isCalm, FailsOneIn = !isCalm && _random.Next(3) == 0 ? 4 : 0 };
        _factory = new SimulatedFactory(_host, _random);
    }

    /// <summary>The last inputs and the decisions on them, a line each.</summary>
    public string Trace => string.Join('\n', _trace.Select(Line));

    /// <summary>How often a VM was granted, by its source.</summary>
    public IReadOnlyDictionary<string, int> Grants => _factory.Grants;

    /// <summary>Points passed so far.</summary>
    public int Passed { get; private set; }

    /// <summary>Runs the life of a pod to its end, checks what is left, and for some pods uses the id once more.</summary>
    public void Run()
    {
        BeginLife();
        if (_random.Next(3) == 0)
        {
            BeginRunning();
        }
        else
        {
            BeginWithCreation();
        }

        if (!_shell.IsGone)
        {
            Live();
        }

        End();
        if (_crashes > 0 || _random.Next(4) == 0)
        {
            LiveAgain();
        }
    }

    // What the shell does with a step; the crash may come between any two of its parts.
    private void Decide(Input input)
    {
        var before = _state.Record;
        var step = Sandbox.On(_state, input, _shell.See(_state));
        Remember(input, step);
        foreach (var e in step.Events)
        {
            Write(e);
            if (Crashes())
            {
                return;
            }
        }

        // A round that the removal of the sandbox stops has not succeeded, and is not repeated.
        _knowsGuest |= HasRound(_state) && !HasRound(step.State) && !step.State.Record.Deleting && !step.State.Operations.Values.Any(operation => operation is RetryLimits);
        _state = step.State with { Record = step.LateEvents.Aggregate(_state.Record, (record, e) => record.Apply(e)) };
        _late.AddRange(step.LateEvents);
        if (step.Events.Length > 0)
        {
            _shell.Follow(step.Events, before, _state.Record);
        }

        foreach (var effect in step.Effects)
        {
            if (effect is not (Effect.StepBegan or Effect.StepEnded) && Crashes())
            {
                return;
            }

            _shell.CarryOut(effect, _state);
        }

        foreach (var (to, reply) in step.Replies)
        {
            Reply(to, reply);
        }

        CheckAfterDecision();
    }

    private void Reply(RequesterId to, object reply)
    {
        Assert.True(_replies[to] is null, $"a second reply to request {to.Number}: {reply}");
        _replies[to] = reply;
        _shell.EndRequest(to);
        if (reply is Failure && _creations.TryGetValue(to, out var id) && !_state.Record.Containers.ContainsKey(id))
        {
            _host.StandIns.Remove(id); // By its caller.
        }
    }

    // Late events are before it in the journal.
    private void Write(IMessage e)
    {
        _state = _state with { Record = _state.Record.Apply(e) };
        FlushLate();
        _journal = _journal.Apply(e);
    }

    private void FlushLate()
    {
        _journal = _late.Aggregate(_journal, (record, late) => record.Apply(late));
        _late.Clear();
    }

    private void Remember(Input input, Step step)
    {
        _trace.Enqueue((input, step));
        if (_trace.Count > LongestTrace)
        {
            _trace.Dequeue();
        }
    }

    private static string Line((Input Input, Step Step) decision)
    {
        var (input, step) = decision;
        var replies = step.Replies.Select(reply => $"{reply.To.Number} {reply.Reply}");
        return string.Join(" ▶ ", Brief([input]), Brief(step.Events.Concat(step.LateEvents)), Brief(step.Effects.Select(Name)), Brief(replies));
    }

    private static string Name(Effect effect) => effect switch
    {
        AwaitedEffect.Ask ask => $"{ask.Id.Operation.Number}.{ask.Id.Serial} {ask.Command}",
        AwaitedEffect awaited => $"{awaited.Id.Operation.Number}.{awaited.Id.Serial} {awaited.GetType().Name}",
        _ => effect.ToString(),
    };

    private static string Brief(IEnumerable<object> items) =>
        string.Join(", ", items.Select(item => $"{item}").Select(text => text.Length > LongestItem ? text[..LongestItem] : text));
}

namespace KataActors.Runtime.Teardown.Core;

/// <summary>A step of a teardown.</summary>
internal enum TeardownStep
{
    /// <summary>Look whether the VM's record is still there.</summary>
    Look,

    /// <summary>Have QEMU stopped by its actor.</summary>
    Stop,

    /// <summary>End QEMU by its uuid.</summary>
    End,

    /// <summary>Remove the host cgroups.</summary>
    Groups,

    /// <summary>Remove the folders, which are the record of all of it.</summary>
    Folders,

    /// <summary>Wait, since something is left.</summary>
    Pause,

    /// <summary>Nothing is left.</summary>
    Gone,
}

/// <summary>How a step has ended.</summary>
/// <param name="Problem">What is left, and why; null for nothing.</param>
internal sealed record StepOutcome(string? Problem)
{
    /// <summary>Nothing is left of what the step is about.</summary>
    public static readonly StepOutcome Done = new(Problem: null);

    /// <summary>There is no record: the VM has become a sandbox's own.</summary>
    public static readonly StepOutcome NoRecord = new(Problem: null) { IsRecordGone = true };

    /// <summary>Whether a look has found no record.</summary>
    public bool IsRecordGone { get; private init; }
}

/// <summary>
/// How a VM is torn down: a value, and a pure function to the next one. QEMU goes first: without its cgroups it would run on with no limit. The folders go
/// last: they tell the next attempt, or the next daemon, what to look for. What is gone already is passed over; what does not go is tried again.
/// <code>
/// Look ──▶ End ──▶ Groups ──▶ Folders ──▶ Gone
///           ▲ │       ▲ │         │
///           │ └───────┼─┴─────────┴─failed─▶ Pause ──▶ Look, End
/// Stop ──failed       │
///   └─────────────────┘
/// </code>
/// </summary>
/// <param name="Step">The step that is under way.</param>
/// <param name="HasGroups">Whether the VM may have host cgroups of its own.</param>
/// <param name="OnlyWhileRecorded">Whether each attempt begins with a look at the record.</param>
internal sealed record VmTeardown(TeardownStep Step, bool HasGroups, bool OnlyWhileRecorded)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    /// <summary>The pauses after attempts that failed, and why the last one did.</summary>
    public Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>The pause that is under way, or was last.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Begins.</summary>
    /// <param name="isHeld">Whether an actor holds QEMU.</param>
    /// <param name="hasGroups">Whether the VM may have host cgroups of its own.</param>
    /// <param name="onlyWhileRecorded">Whether nothing is touched when its record is gone.</param>
    public static VmTeardown Begin(bool isHeld, bool hasGroups, bool onlyWhileRecorded) =>
        new(isHeld ? TeardownStep.Stop : First(onlyWhileRecorded), hasGroups, onlyWhileRecorded);

    /// <summary>After the step that is under way.</summary>
    public VmTeardown After(StepOutcome outcome) => (Step, outcome) switch
    {
        (TeardownStep.Pause, _) => this with { Step = First(OnlyWhileRecorded) },
        (TeardownStep.Stop, { Problem: not null }) => this with { Step = TeardownStep.End },
        (_, { Problem: { } problem }) => this with { Step = TeardownStep.Pause, Pause = Pauses.Next, Pauses = Pauses.AfterFailure(problem) },
        (TeardownStep.Look, { IsRecordGone: false }) => this with { Step = TeardownStep.End },
        (TeardownStep.Stop or TeardownStep.End, _) when HasGroups => this with { Step = TeardownStep.Groups },
        (TeardownStep.Stop or TeardownStep.End or TeardownStep.Groups, _) => this with { Step = TeardownStep.Folders },
        _ => this with { Step = TeardownStep.Gone },
    };

    private static TeardownStep First(bool onlyWhileRecorded) => onlyWhileRecorded ? TeardownStep.Look : TeardownStep.End;
}

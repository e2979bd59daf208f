namespace KataActors.Runtime.Teardown.Core;

/// <summary>A step of a teardown.</summary>
internal enum TeardownStep
{
    /// <summary>Look for the VM's record.</summary>
    Look,

    /// <summary>Have the hypervisor actor stop QEMU.</summary>
    Stop,

    /// <summary>End QEMU by its uuid.</summary>
    End,

    /// <summary>Remove the host cgroups.</summary>
    Groups,

    /// <summary>Remove the folders, which are the record of the VM.</summary>
    Folders,

    /// <summary>Wait before the next attempt.</summary>
    Pause,

    /// <summary>Nothing is left.</summary>
    Gone,
}

/// <summary>The result of a step.</summary>
/// <param name="Problem">Remains, and why; null for none.</param>
internal sealed record StepOutcome(string? Problem)
{
    /// <summary>The step is done.</summary>
    public static readonly StepOutcome Done = new(Problem: null);

    /// <summary>There is no record: a sandbox has taken over the VM.</summary>
    public static readonly StepOutcome NoRecord = new(Problem: null) { IsRecordGone = true };

    /// <summary>Whether the record is missing.</summary>
    public bool IsRecordGone { get; private init; }
}

/// <summary>
/// The teardown of a VM: a value with a pure transition. QEMU goes first: without its cgroups it would run on without limits. The folders go last: they
/// are the record for the next attempt, or the next daemon. A step without remains succeeds; a failed one leads to a new attempt.
/// <code>
/// Look ──▶ End ──▶ Groups ──▶ Folders ──▶ Gone          Look ──no record──▶ Gone
///           ▲ │       ▲ │         │                      Look ──failed──▶ Pause
///           │ └───────┼─┴─────────┴─failed─▶ Pause ──▶ Look, End
/// Stop ──failed       │
///   └─────────────────┘
/// </code>
/// </summary>
/// <param name="Step">The step under way.</param>
/// <param name="HasGroups">Whether the VM may have host cgroups of its own.</param>
/// <param name="OnlyWhileRecorded">Whether each attempt begins with a look at the record.</param>
internal sealed record VmTeardown(TeardownStep Step, bool HasGroups, bool OnlyWhileRecorded)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    /// <summary>The pauses after failed attempts, and the last failure.</summary>
    public Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>The last pause, perhaps under way.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>The first step.</summary>
    /// <param name="isHeld">Whether a hypervisor actor holds QEMU.</param>
    /// <param name="hasGroups">Whether the VM may have host cgroups of its own.</param>
    /// <param name="onlyWhileRecorded">Whether the VM is left alone when its record is gone.</param>
    public static VmTeardown Begin(bool isHeld, bool hasGroups, bool onlyWhileRecorded) =>
        new(isHeld ? TeardownStep.Stop : First(onlyWhileRecorded), hasGroups, onlyWhileRecorded);

    /// <summary>The next step.</summary>
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

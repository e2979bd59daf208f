using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>The hooks of each stage, in the order in which they run.</summary>
public sealed record HooksSpec
{
    /// <summary>Longest time of all <see cref="StartContainer"/> hooks together: the guest runs them, while a call of its agent waits.</summary>
    public static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(1);

    /// <summary>No hooks.</summary>
    public static readonly HooksSpec None = new();

    /// <summary>The names of the stages, in the order of a container's life.</summary>
    public static IReadOnlyList<string> Stages { get; } = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    [AllowNull]
    public IReadOnlyList<HookSpec> Prestart { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<HookSpec> CreateRuntime { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<HookSpec> CreateContainer { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<HookSpec> StartContainer { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<HookSpec> Poststart { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<HookSpec> Poststop { get => field ?? []; init; }

    /// <summary>Whether there are hooks that run before the container is created in the guest.</summary>
    public bool HasCreation => Prestart.Count + CreateRuntime.Count + CreateContainer.Count > 0;

    /// <summary>The longest time of those hooks.</summary>
    public TimeSpan CreationLimit => Sum([.. Prestart, .. CreateRuntime, .. CreateContainer]);

    /// <summary>The longest time of the <see cref="StartContainer"/> hooks.</summary>
    public TimeSpan StartLimit => Sum(StartContainer) is var sum && sum < LongestStart ? sum : LongestStart;

    private static TimeSpan Sum(IReadOnlyList<HookSpec> hooks) => TimeSpan.FromTicks(hooks.Sum(hook => hook.Limit.Ticks));
}

/// <summary>One hook: a program, which gets the container's state on its standard input.</summary>
public sealed record HookSpec
{
    private const int DefaultSeconds = 300;
    private const int MaxSeconds = 3600;

    public string? Path { get; init; }

    /// <summary>All of argv, the program's own name first; empty: only <see cref="Path"/>.</summary>
    [AllowNull]
    public IReadOnlyList<string> Args { get => field ?? []; init; }

    /// <summary>The whole environment.</summary>
    [AllowNull]
    public IReadOnlyList<string> Env { get => field ?? []; init; }

    /// <summary>Seconds; null for none.</summary>
    public int? Timeout { get; init; }

    /// <summary>When the hook is killed: after its timeout, at most an hour; without one after five minutes, since every wait has an end.</summary>
    public TimeSpan Limit => TimeSpan.FromSeconds(Math.Clamp(Timeout ?? DefaultSeconds, 1, MaxSeconds));
}

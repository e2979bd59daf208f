using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The <see cref="SandboxActor"/>, as its parts see it.</summary>
internal interface ISandboxShell
{
    /// <summary>The record with all events, and the operations after the last decision whose events are persisted.</summary>
    SandboxState State { get; }

    /// <summary>Whether an attempt to remove the whole sandbox is under way.</summary>
    bool IsBeingRemoved { get; }

    /// <summary>The placement of the sandbox's cgroups.</summary>
    CgroupPlacement Cgroups { get; }

    /// <summary>The pool VM whose cgroup in the pool is still to be removed; null for none.</summary>
    Guid? PoolGroup { get; }

    /// <summary>Lets the core decide on an input, at once or after the decision under way.</summary>
    void Decide(Input input);
}

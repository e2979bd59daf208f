using System.Runtime.InteropServices;

namespace KataActors.Linux;

/// <summary>The program to start by <see cref="ProcessSpawner"/>.</summary>
public sealed record SpawnRequest
{
    /// <summary>The executable, as a path: PATH is not searched.</summary>
    public required string Path { get; init; }

    /// <summary>All of argv, the program's own name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment of the child, entries as <c>NAME=value</c>. Nothing is inherited.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>
    /// The child's descriptors: entry n becomes number n. They stay owned by the caller. A null entry, and a missing one below 3, is /dev/null.
    /// </summary>
    public IReadOnlyList<SafeHandle?> Descriptors { get; init; } = [];

    /// <summary>Whether the child leads a session of its own (setsid(2)).</summary>
    public bool NewSession { get; init; }

    /// <summary>The child's working directory; null is the caller's.</summary>
    public string? WorkingDirectory { get; init; }
}

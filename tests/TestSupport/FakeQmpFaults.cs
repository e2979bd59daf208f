using System.Collections.Immutable;

namespace KataActors.TestSupport;

/// <summary>The faults of a <see cref="FakeQmpServer"/>.</summary>
public sealed record FakeQmpFaults
{
    /// <summary>None.</summary>
    public static readonly FakeQmpFaults None = new();

    /// <summary>Completes before the greeting is sent; never, for no greeting at all.</summary>
    public Task BeforeGreeting { get; init; } = Task.CompletedTask;

    /// <summary>Sent in place of the greeting.</summary>
    public string? Greeting { get; init; }

    /// <summary>Commands, <c>qmp_capabilities</c> among them, that are answered before the connection is closed.</summary>
    public int? CloseAfterCommands { get; init; }

    /// <summary>A guest that does not release vCPUs: <c>device_del</c> is answered and has no effect.</summary>
    public bool GuestKeepsVcpus { get; init; }

    /// <summary>Commands that get no answer.</summary>
    public ImmutableHashSet<string> Unanswered { get; init; } = [];

    /// <summary>Commands that get an error of class GenericError with this description.</summary>
    public ImmutableDictionary<string, string> Errors { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Commands that get this line instead of a reply; <c>$id</c> stands for the command's id.</summary>
    public ImmutableDictionary<string, string> RawReplies { get; init; } = ImmutableDictionary<string, string>.Empty;
}

namespace KataActors.TestSupport;

/// <summary>The moment of a <see cref="FakeDaemon"/>'s death during a request.</summary>
public enum DeathPoint
{
    /// <summary>The connection is taken and ends at once.</summary>
    BeforeRequest,

    /// <summary>The request has arrived, but was not carried out.</summary>
    BeforeEffect,

    /// <summary>The request was carried out, but not answered.</summary>
    BeforeReply,
}

namespace KataActors.TestSupport;

/// <summary>When a <see cref="FakeDaemon"/> dies beside a request.</summary>
public enum DeathPoint
{
    /// <summary>The connection is taken and ends at once.</summary>
    BeforeRequest,

    /// <summary>The request has arrived, and nothing of it was done.</summary>
    BeforeEffect,

    /// <summary>All was done but the answer.</summary>
    BeforeReply,
}

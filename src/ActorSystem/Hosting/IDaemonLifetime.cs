namespace KataActors.Runtime.Hosting;

/// <summary>Messages of the actors to their process.</summary>
public interface IDaemonLifetime
{
    /// <summary>The control socket exists, and requests are served after this call.</summary>
    void Listening();

    /// <summary>There is no work left, and clients cannot reach the daemon any more: exit.</summary>
    void Idle();

    /// <summary>The daemon cannot do its work: exit, and say why.</summary>
    void Fail(string reason);
}

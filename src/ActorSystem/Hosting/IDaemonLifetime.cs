namespace KataActors.Runtime.Hosting;

/// <summary>What the actors tell the process that hosts them.</summary>
public interface IDaemonLifetime
{
    /// <summary>The control socket answers.</summary>
    void Listening();

    /// <summary>There is nothing left to do, and no client can reach the daemon any more: exit.</summary>
    void Idle();

    /// <summary>The daemon cannot do its work: exit, and say why.</summary>
    void Fail(string reason);
}

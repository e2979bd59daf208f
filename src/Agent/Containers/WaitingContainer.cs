namespace KataActors.Agent.Containers;

/// <summary>
/// A container before its spec: its first process, and the cgroup that the process is in. The start of that process is the longest part of a
/// container's creation and needs no knowledge of the container, so it may be started in advance.
/// </summary>
internal sealed record WaitingContainer(WaitingProcess Process, ContainerCgroup Cgroup)
{
    /// <summary>Ends an unused process and frees all resources.</summary>
    internal async Task EndAsync(CancellationToken deadline)
    {
        Cgroup.Kill();
        await Process.KillAsync(deadline).ConfigureAwait(false);
        await Cgroup.RemoveAsync(deadline).ConfigureAwait(false);
        Process.Dispose();
    }
}

using Google.Protobuf;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Containers;

/// <summary>The way of an exec to the point where its program could be executed.</summary>
/// <param name="request">The request, which has been checked.</param>
/// <param name="first">The container's first process.</param>
/// <param name="cgroup">The container's.</param>
/// <param name="common">What all processes of the container have in common: the filter of system calls and the execution domain.</param>
/// <param name="launch">Starts the process.</param>
/// <param name="ids">The maps of the container's user namespace, if any.</param>
internal sealed class ExecPreparation(
    ExecProcessRequest request, ContainerProcess first, ContainerCgroup cgroup, Process common, Func<Task<WaitingProcess>> launch, IdMaps? ids = null)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    internal string Id => request.ExecId;

    /// <summary>The process as bytes, by which a repeated request is known.</summary>
    internal byte[] Content { get; } = request.Process.ToByteArray();

    /// <summary>The prepared process. Leaves nothing behind when it fails.</summary>
    /// <exception cref="TtrpcException">The container has ended meanwhile, the preparation took too long, or failed.</exception>
    internal async Task<ContainerProcess> RunAsync()
    {
        try
        {
            var waiting = await launch().ConfigureAwait(false);
            var process = new ContainerProcess("process", $"\"{request.ExecId}\" of container \"{request.ContainerId}\"", waiting, cgroup);
            try
            {
                await PrepareAsync(waiting, process).ConfigureAwait(false);
                return process;
            }
            catch
            {
                await Undo.RunAsync(process.EndAsync).ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception failure) when (failure is LinuxException or IOException or TtrpcException or TimeoutException or ObjectDisposedException)
        {
            // The end of the container fails each of these steps in a way of its own.
            if (await first.HasEndedAsync().ConfigureAwait(false))
            {
                throw Failures.Stopped();
            }

            throw;
        }
    }

    private async Task PrepareAsync(WaitingProcess waiting, ContainerProcess process)
    {
        request.Process.Filter = common.Filter;
        request.Process.Personality = common.Personality;
        waiting.Assign(request.Process);
        if (ids is not null)
        {
            waiting.GiveStreams(ids.User(request.Process.User?.UID ?? 0));
        }

        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            await process.PrepareAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw Failures.Late($"process \"{request.ExecId}\" of container \"{request.ContainerId}\" was not prepared within {s_deadline.TotalSeconds} s");
        }

        if (first.HasEnded)
        {
            // In a shared pid namespace it may have been born after the kill that ended the container.
            throw Failures.Stopped();
        }
    }
}

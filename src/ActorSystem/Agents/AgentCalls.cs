using Google.Protobuf;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Agents;

/// <summary>Maps a request message to its method of the agent's service; a stream request stands for stdout.</summary>
internal static class AgentCalls
{
    /// <summary>Calls the method that takes <paramref name="request"/>.</summary>
    public static async Task<IMessage> InvokeAsync(AgentClient client, IMessage request, TimeSpan timeout, CancellationToken cancellation) =>
        request switch
        {
            CreateSandboxRequest r => await client.CreateSandboxAsync(r, timeout, cancellation).ConfigureAwait(false),
            DestroySandboxRequest r => await client.DestroySandboxAsync(r, timeout, cancellation).ConfigureAwait(false),
            CreateContainerRequest r => await client.CreateContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            ExecProcessRequest r => await client.ExecProcessAsync(r, timeout, cancellation).ConfigureAwait(false),
            RemoveProcessRequest r => await client.RemoveProcessAsync(r, timeout, cancellation).ConfigureAwait(false),
            StartContainerRequest r => await client.StartContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            RemoveContainerRequest r => await client.RemoveContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            UpdateContainerRequest r => await client.UpdateContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            StatsContainerRequest r => await client.StatsContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            PauseContainerRequest r => await client.PauseContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            ResumeContainerRequest r => await client.ResumeContainerAsync(r, timeout, cancellation).ConfigureAwait(false),
            ListProcessesRequest r => await client.ListProcessesAsync(r, timeout, cancellation).ConfigureAwait(false),
            OnlineCPUMemRequest r => await client.OnlineCPUMemAsync(r, timeout, cancellation).ConfigureAwait(false),
            SignalProcessRequest r => await client.SignalProcessAsync(r, timeout, cancellation).ConfigureAwait(false),
            TtyWinResizeRequest r => await client.TtyWinResizeAsync(r, timeout, cancellation).ConfigureAwait(false),
            ReadStreamRequest r => await client.ReadStdoutAsync(r, timeout, cancellation).ConfigureAwait(false),
            WaitProcessRequest r => await client.WaitProcessAsync(r, timeout, cancellation).ConfigureAwait(false),
            UpdateInterfaceRequest r => await client.UpdateInterfaceAsync(r, timeout, cancellation).ConfigureAwait(false),
            UpdateRoutesRequest r => await client.UpdateRoutesAsync(r, timeout, cancellation).ConfigureAwait(false),
            AddARPNeighborsRequest r => await client.AddARPNeighborsAsync(r, timeout, cancellation).ConfigureAwait(false),
            GuestDetailsRequest r => await client.GetGuestDetailsAsync(r, timeout, cancellation).ConfigureAwait(false),
            _ => throw new ArgumentException($"no method of the agent takes a {request.Descriptor.Name}", nameof(request)),
        };
}

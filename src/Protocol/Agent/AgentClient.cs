using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Protocol.Ttrpc;
using Names = KataActors.Protocol.Agent.AgentServiceNames;

namespace KataActors.Protocol.Agent;

/// <summary>
/// The agent's methods, one call each. See <see cref="TtrpcClient"/> for timeouts and errors. It does not own the client.
/// </summary>
public sealed class AgentClient(TtrpcClient client)
{
    // The guest is not trusted.
    private static readonly MessageBounds s_small = default;
    private static readonly MessageBounds s_stream = new(ReadStreamResponse.DataFieldNumber);

    public Task<HealthCheckResponse> CheckAsync(CheckRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        client.CallAsync(Names.Health, Names.Check, request, HealthCheckResponse.Parser, timeout, cancellation, bounds: s_small);

    public Task<VersionCheckResponse> VersionAsync(CheckRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        client.CallAsync(Names.Health, Names.Version, request, VersionCheckResponse.Parser, timeout, cancellation, bounds: s_small);

    public Task<GuestDetailsResponse> GetGuestDetailsAsync(
        GuestDetailsRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.GetGuestDetails, request, GuestDetailsResponse.Parser, timeout, cancellation);

    public Task<Empty> CreateSandboxAsync(CreateSandboxRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.CreateSandbox, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> DestroySandboxAsync(DestroySandboxRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.DestroySandbox, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> CreateContainerAsync(CreateContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.CreateContainer, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> StartContainerAsync(StartContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.StartContainer, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> RemoveContainerAsync(RemoveContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.RemoveContainer, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> ExecProcessAsync(ExecProcessRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ExecProcess, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> RemoveProcessAsync(RemoveProcessRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.RemoveProcess, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> UpdateContainerAsync(UpdateContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.UpdateContainer, request, Empty.Parser, timeout, cancellation);

    public Task<StatsContainerResponse> StatsContainerAsync(StatsContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.StatsContainer, request, StatsContainerResponse.Parser, timeout, cancellation);

    public Task<Empty> PauseContainerAsync(PauseContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.PauseContainer, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> ResumeContainerAsync(ResumeContainerRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ResumeContainer, request, Empty.Parser, timeout, cancellation);

    public Task<ListProcessesResponse> ListProcessesAsync(ListProcessesRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ListProcesses, request, ListProcessesResponse.Parser, timeout, cancellation);

    public Task<Empty> OnlineCPUMemAsync(OnlineCPUMemRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.OnlineCPUMem, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> SignalProcessAsync(SignalProcessRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.SignalProcess, request, Empty.Parser, timeout, cancellation);

    public Task<WaitProcessResponse> WaitProcessAsync(WaitProcessRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.WaitProcess, request, WaitProcessResponse.Parser, timeout, cancellation);

    public Task<WriteStreamResponse> WriteStdinAsync(WriteStreamRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.WriteStdin, request, WriteStreamResponse.Parser, timeout, cancellation);

    public Task<Empty> CloseStdinAsync(CloseStdinRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.CloseStdin, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> TtyWinResizeAsync(TtyWinResizeRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.TtyWinResize, request, Empty.Parser, timeout, cancellation);

    public Task<ReadStreamResponse> ReadStdoutAsync(ReadStreamRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ReadStdout, request, ReadStreamResponse.Parser, timeout, cancellation, s_stream);

    public Task<ReadStreamResponse> ReadStderrAsync(ReadStreamRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ReadStderr, request, ReadStreamResponse.Parser, timeout, cancellation, s_stream);

    public Task<Interface> UpdateInterfaceAsync(UpdateInterfaceRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.UpdateInterface, request, Interface.Parser, timeout, cancellation);

    public Task<Routes> UpdateRoutesAsync(UpdateRoutesRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.UpdateRoutes, request, Routes.Parser, timeout, cancellation);

    public Task<Empty> AddARPNeighborsAsync(AddARPNeighborsRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.AddARPNeighbors, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> ReseedRandomDevAsync(ReseedRandomDevRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ReseedRandomDev, request, Empty.Parser, timeout, cancellation);

    public Task<Empty> SetGuestDateTimeAsync(SetGuestDateTimeRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.SetGuestDateTime, request, Empty.Parser, timeout, cancellation);

    private Task<TResponse> CallAsync<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, CancellationToken cancellation, MessageBounds bounds = default)
        where TResponse : IMessage<TResponse> =>
        client.CallAsync(Names.Agent, method, request, parser, timeout, cancellation, bounds: bounds);
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Protocol.Ttrpc;
using Names = KataActors.Protocol.Control.ControlServiceNames;

namespace KataActors.Protocol.Control;

/// <summary>
/// The daemon's methods, one call each. See <see cref="TtrpcClient"/> for timeouts and errors. It does not own the client.
/// </summary>
public sealed class ControlClient(TtrpcClient client)
{
    /// <summary>The descriptors are in the order of <see cref="CreateRequest.Descriptors"/>, and owned by the caller.</summary>
    public Task<CreateResponse> CreateAsync(
        CreateRequest request, IReadOnlyList<SafeHandle> descriptors, TimeSpan timeout, CancellationToken cancellation) =>
        client.CallAsync(Names.Control, Names.Create, request, CreateResponse.Parser, timeout, cancellation, descriptors);

    public Task<FinishCreateResponse> FinishCreateAsync(FinishCreateRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.FinishCreate, request, FinishCreateResponse.Parser, timeout, cancellation);

    public Task<StartResponse> StartAsync(StartRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Start, request, StartResponse.Parser, timeout, cancellation);

    public Task<StateResponse> StateAsync(StateRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.State, request, StateResponse.Parser, timeout, cancellation);

    public Task<ListResponse> ListAsync(ListRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.List, request, ListResponse.Parser, timeout, cancellation);

    public Task<KillResponse> KillAsync(KillRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Kill, request, KillResponse.Parser, timeout, cancellation);

    public Task<DeleteResponse> DeleteAsync(DeleteRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Delete, request, DeleteResponse.Parser, timeout, cancellation);

    public Task<UpdateResponse> UpdateAsync(UpdateRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Update, request, UpdateResponse.Parser, timeout, cancellation);

    public Task<ExecResponse> ExecAsync(ExecRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Exec, request, ExecResponse.Parser, timeout, cancellation);

    public Task<PauseResponse> PauseAsync(PauseRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Pause, request, PauseResponse.Parser, timeout, cancellation);

    public Task<ResumeResponse> ResumeAsync(ResumeRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Resume, request, ResumeResponse.Parser, timeout, cancellation);

    public Task<ProcessesResponse> ProcessesAsync(ProcessesRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Processes, request, ProcessesResponse.Parser, timeout, cancellation);

    public Task<StatsResponse> StatsAsync(StatsRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Stats, request, StatsResponse.Parser, timeout, cancellation);

    public Task<ReadOutputResponse> ReadOutputAsync(ReadOutputRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ReadOutput, request, ReadOutputResponse.Parser, timeout, cancellation);

    public Task<WriteInputResponse> WriteInputAsync(WriteInputRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.WriteInput, request, WriteInputResponse.Parser, timeout, cancellation);

    public Task<CloseInputResponse> CloseInputAsync(CloseInputRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.CloseInput, request, CloseInputResponse.Parser, timeout, cancellation);

    public Task<ResizeTerminalResponse> ResizeTerminalAsync(ResizeTerminalRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ResizeTerminal, request, ResizeTerminalResponse.Parser, timeout, cancellation);

    public Task<WaitResponse> WaitAsync(WaitRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Wait, request, WaitResponse.Parser, timeout, cancellation);

    public Task<VersionResponse> VersionAsync(VersionRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.Version, request, VersionResponse.Parser, timeout, cancellation);

    public Task<ListSandboxesResponse> ListSandboxesAsync(
        ListSandboxesRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.ListSandboxes, request, ListSandboxesResponse.Parser, timeout, cancellation);

    public Task<InspectSandboxResponse> InspectSandboxAsync(
        InspectSandboxRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.InspectSandbox, request, InspectSandboxResponse.Parser, timeout, cancellation);

    public Task<InitFactoryResponse> InitFactoryAsync(InitFactoryRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.InitFactory, request, InitFactoryResponse.Parser, timeout, cancellation);

    public Task<FactoryStatusResponse> FactoryStatusAsync(FactoryStatusRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.FactoryStatus, request, FactoryStatusResponse.Parser, timeout, cancellation);

    public Task<DestroyFactoryResponse> DestroyFactoryAsync(DestroyFactoryRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(Names.DestroyFactory, request, DestroyFactoryResponse.Parser, timeout, cancellation);

    private Task<TResponse> CallAsync<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, CancellationToken cancellation)
        where TResponse : IMessage<TResponse> =>
        client.CallAsync(Names.Control, method, request, parser, timeout, cancellation);
}

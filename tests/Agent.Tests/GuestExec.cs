using KataActors.Protocol.Agent;

namespace KataActors.Agent.Tests;

/// <summary>A further process of a <see cref="GuestContainer"/>, to be changed before it is started.</summary>
internal sealed class GuestExec(GuestContainer container, string id, Process process) : GuestProcess(container.Vm, container.Id, id)
{
    internal Process Process => process;

    internal Task StartAsync() => Vm.Agent.ExecProcessAsync(
        new ExecProcessRequest { ContainerId = ContainerId, ExecId = ExecId, Process = process }, GuestVm.CallTimeout, CancellationToken.None);

    internal Task RemoveAsync() => Vm.Agent.RemoveProcessAsync(
        new RemoveProcessRequest { ContainerId = ContainerId, ExecId = ExecId }, GuestVm.CallTimeout, CancellationToken.None);

    /// <summary>Starts, waits for the end, and removes.</summary>
    internal async Task<(int Code, string Output, string Error)> RunAsync()
    {
        await StartAsync();
        var result = await EndAsync();
        await RemoveAsync();
        return result;
    }
}

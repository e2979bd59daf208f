using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

// What must hold after each decision, when it comes to rest, and at the end.
internal sealed partial class Simulation
{
    private SimulatedVm? GuestVm => _shell.Actors.Guest is { HasEnded: false } vm ? vm : null;

    private bool IsHealthy => _shell.AgentConnected && !_shell.IsGone && GuestVm is { Hangs: false };

    private static bool HasRound(SandboxState state) => state.Operations.Values.Any(operation => operation is ApplyLimits);

    private void CheckAfterDecision()
    {
        // What is off the record has left the guest and the share, unless the guest has hung.
        var record = _state.Record;
        foreach (var vm in _host.Vms.Values.Where(vm => !vm.Hangs))
        {
            var left = vm.InGuest.Concat(vm.Mounted).FirstOrDefault(id => !record.Containers.ContainsKey(id));
            Assert.True(left is null, $"container {left} is off the record, and still there");
        }

        CheckExecs();
        if (record is { Exists: true, IsBeingCreated: false })
        {
            CheckGrants();
        }
    }

    // What the factory has granted is taken or given back, but for a grant that is on its way.
    private void CheckGrants()
    {
        if (!_shell.News.Exists(news => news.From == "factory"))
        {
            Assert.True(_factory.Boots == 0, "the factory was not told of the end of a boot");
            Assert.True(_factory.Unclaimed == 0, "a vm of the pool is neither taken nor given back");
        }
    }

    // A quota that is not changing is enforced by the host or by the guest.
    private void CheckQuotas()
    {
        if (!_knowsGuest || _host.FailsOneIn > 0 || !IsHealthy || GuestVm is not { } vm)
        {
            return;
        }

        foreach (var container in CpuLimits.Counted(_state.Record).Where(container => container is { Status: not ContainerStatus.Creating, Update: null } && IsSteady(container.Key.Id)))
        {
            var quota = GuestQuotas.Of(container.Spec.Linux?.Resources);
            Assert.True(
                quota is null || vm.Quotas[container.Key.Id] == quota || (_host.Limit is { } host && !host.IsMoreThan(quota.Value)),
                $"the quota of {container.Key.Id} holds nowhere");
        }
    }

    private bool IsSteady(string id) => !_state.Seen.ToRestore.Contains(id)
        && !_state.Operations.Values.Any(operation => operation is SetGuestLimits set && set.Container == id);

    // No reply is left to come.
    private void CheckSettled()
    {
        if (_host.FailsOneIn == 0 && IsHealthy && _state.Record is { VmEnded: false, Deleting: false, IsBeingCreated: false })
        {
            CheckSettledExecs();
            // A failed removal may have taken a container out of the guest; what was begun with it ends with the next one.
            var kept = _state.Record.Containers.Values.Where(container => !container.Deleting).ToArray();
            Assert.DoesNotContain(kept, container => container.Update is not null || container.PauseIntent is not null || container.StartIntent);
            Assert.All(
                kept.Where(container => container.Status != ContainerStatus.Stopped),
                container =>
                {
                    Assert.Equal(container.Status == ContainerStatus.Paused, GuestVm!.Frozen.Contains(container.Key.Id));
                    Assert.Equal((container.PausedIn ?? container.Status) == ContainerStatus.Running, GuestVm.Started.Contains(container.Key.Id));
                });
            Assert.Equal(CpuLimits.ForKernel(_state.Record, Decider.Settings.Cgroups), _host.Limit);
            Assert.Equal(VcpuSizing.Count(_state.Record, Decider.Settings.Vm.MaxVcpus), GuestVm!.Vcpus);
        }
    }

    private void CheckEnd()
    {
        CheckGrants();
        _factory.OnRequesterGone();
        foreach (var command in _delayed)
        {
            AnswerGone(command);
        }

        _delayed.Clear();
        Drain();
        _ = LeftExec();
        Assert.Equal("", _host.Left);
        Assert.Empty(_state.Operations);
        if (_crashes == 0)
        {
            Assert.DoesNotContain(_replies.Values, reply => reply is null);
            Assert.Equal(0, _shell.OpenDescriptors);
        }
    }
}

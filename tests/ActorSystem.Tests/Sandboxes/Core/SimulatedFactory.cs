using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The factory as one sandbox sees it. It counts its grants: each boot ends once, and each VM of the pool is taken, given back or torn down.</summary>
internal sealed class SimulatedFactory(SimulatedHost host, Random random)
{
    private readonly HashSet<Guid> _granted = [];
    private readonly HashSet<Guid> _taken = [];
    private readonly Queue<Guid> _orphans = new();
    private RequestVm? _request;
    private int _made;

    /// <summary>Grants whose boot has not ended.</summary>
    public int Boots { get; private set; }

    /// <summary>VMs of the pool that were granted and are not taken or ended.</summary>
    public int Unclaimed => _granted.Count;

    /// <summary>How often a VM was granted, by its source.</summary>
    public SortedDictionary<string, int> Grants { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a request or a teardown waits.</summary>
    public bool HasWork => _request is not null || _orphans.Count > 0;

    /// <summary>A message of the sandbox. Returns what it gets at once; null for nothing.</summary>
    public Input? Tell(object message)
    {
        switch (message)
        {
            case RequestVm request:
                // A sandbox that asks again has given back what it was granted.
                (_request, Boots) = (request, 0);
                return null;
            case BootEnded:
                (_request, Boots) = (null, 0);
                return null;
            case VmTaken taken:
                Assert.True(_granted.Remove(taken.Vm), $"vm {taken.Vm} is taken, but was not granted");
                _taken.Add(taken.Vm);
                return null;
            case EndVm end:
                Assert.DoesNotContain(end.Vm, _taken);
                TearDown(end.Vm);
                return null;
            case DescribeVm describe:
                return host.Fails ? new VmRefused(SimulatedHost.Busy) : new Runtime.Sandboxes.Core.VmDescribed(Config(describe.Identity, describe.Identity.Uuid));
            default:
                throw new ArgumentException($"no message to the factory: {message}", nameof(message));
        }
    }

    /// <summary>Decides on the request, or tears down a VM. Returns what the sandbox gets; null for nothing.</summary>
    public Input? Work()
    {
        if (_request is { } request && (_orphans.Count == 0 || random.Next(2) == 0))
        {
            _request = null;
            return host.Fails || (!host.IsCalm && random.Next(30) == 0) ? new VmRefused(SimulatedHost.Busy) : new VmOffered(Grant(request));
        }

        if (_orphans.TryDequeue(out var orphan))
        {
            if (host.Fails)
            {
                _orphans.Enqueue(orphan);
                return null;
            }

            host.End(orphan);
            host.PoolGroups.Remove(orphan);
            host.PoolDirectories.Remove(orphan);
        }

        return null;
    }

    /// <summary>The actor of the sandbox has stopped.</summary>
    public void OnRequesterGone()
    {
        (_request, Boots) = (null, 0);
        foreach (var vm in _granted.ToArray())
        {
            TearDown(vm);
        }
    }

    /// <summary>The daemon has started again: the directories in its folder tell which VMs it has.</summary>
    public void Restart()
    {
        (_request, Boots) = (null, 0);
        _granted.Clear();
        _orphans.Clear();
        foreach (var vm in host.PoolDirectories)
        {
            _orphans.Enqueue(vm);
        }
    }

    private void TearDown(Guid vm)
    {
        _granted.Remove(vm);
        _orphans.Enqueue(vm);
    }

    private VmGranted Grant(RequestVm request)
    {
        var source = request.CloneFailure is not null ? VmSources.Cold : new[] { VmSources.Cold, VmSources.Template, VmSources.Pool }[random.Next(3)];
        Grants[source] = Grants.GetValueOrDefault(source) + 1;
        Boots++;
        if (source != VmSources.Pool)
        {
            var config = Config(request.Identity, request.Identity.Uuid);
            return new VmGranted(source, source == VmSources.Template ? config with { Template = new VmTemplate("/t", TemplateUse.Clone) } : config);
        }

        var vm = host.Launch(new Guid(++_made, 7, 7, new byte[8]));
        vm.IsPaused = true;
        host.PoolGroups.Add(vm.Uuid);
        host.PoolDirectories.Add(vm.Uuid);
        _granted.Add(vm.Uuid);
        return new VmGranted(source, Config(request.Identity, vm.Uuid), new RunningVm(vm.Process, vm.Uuid.ToString()));
    }

    public static VmConfig Config(VmIdentity identity, Guid uuid) => new()
    {
        HostName = identity.HostName,
        Uuid = uuid,
        RunDirectory = identity.RunDirectory,
        QemuPath = "qemu",
        Accelerator = Accelerator.Tcg,
        KernelPath = "vmlinuz",
        InitramfsPath = "initramfs",
    };
}

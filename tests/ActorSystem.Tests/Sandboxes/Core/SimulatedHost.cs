using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Linux.Netlink;
using KataActors.Network;
using KataActors.Runtime.Storage;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A host as sets of what is there. It outlives the daemon, and refuses some of what it is told.</summary>
internal sealed class SimulatedHost(Random random)
{
    private const ulong NetworkNamespace = 4;

    private int _processes = 100;
    private int _boots = 1;

    public static Failure Busy => new(FailureCode.Internal, "busy");

    /// <summary>The only interface of the network namespace.</summary>
    public static NetworkEndpoint Endpoint { get; } = new(2, "eth0", "veth", "02:00:00:00:00:01", 1500, 1, [new EndpointAddress("10.0.0.2", false, 24)]);

    /// <summary>The VMs that run, by QEMU's uuid.</summary>
    public SortedDictionary<Guid, SimulatedVm> Vms { get; } = [];

    /// <summary>The VMs of the pool whose cgroup there exists.</summary>
    public SortedSet<Guid> PoolGroups { get; } = [];

    /// <summary>The VMs of the pool whose run directory is in the factory's folder.</summary>
    public SortedSet<Guid> PoolDirectories { get; } = [];

    /// <summary>The cgroups of the sandbox.</summary>
    public bool Cgroups { get; set; }

    /// <summary>The run directory of the sandbox.</summary>
    public bool RunDirectory { get; set; }

    /// <summary>The interfaces of the namespace are connected with the sandbox's VM.</summary>
    public bool Connections { get; set; }

    /// <summary>Containers whose stand-in runs.</summary>
    public SortedSet<string> StandIns { get; } = new(StringComparer.Ordinal);

    /// <summary>The CPU limit of the sandbox's groups; null for none.</summary>
    public CpuLimit? Limit { get; private set; }

    /// <summary>Nothing goes wrong of itself: no deadline passes that need not, no actor is lost, no VM dies.</summary>
    public bool IsCalm { get; set; }

    /// <summary>One in so many commands fails; 0 for none.</summary>
    public int FailsOneIn { get; set; }

    /// <summary>Whether the next command fails, drawn.</summary>
    public bool Fails => FailsOneIn > 0 && random.Next(FailsOneIn) == 0;

    public string BootId => $"boot {_boots}";

    /// <summary>What is left, in words; empty when nothing is.</summary>
    public string Left => string.Join(", ", new[] { Cgroups ? "cgroups" : "", RunDirectory ? "run directory" : "", Connections ? "connections" : "" }
        .Where(item => item.Length > 0)
        .Concat(Vms.Keys.Select(vm => $"vm {vm}"))
        .Concat(PoolGroups.Select(vm => $"pool cgroup of {vm}"))
        .Concat(PoolDirectories.Select(vm => $"pool directory of {vm}"))
        .Concat(StandIns.Select(id => $"stand-in {id}")));

    /// <summary>QEMU starts. Two with one uuid would write to the same sockets.</summary>
    public SimulatedVm Launch(Guid uuid)
    {
        Assert.False(Vms.ContainsKey(uuid), $"vm {uuid} is launched while it runs");
        var vm = new SimulatedVm(uuid, new ProcessIdentity(++_processes, 1, BootId));
        Vms.Add(uuid, vm);
        return vm;
    }

    /// <summary>QEMU ends, when there is one of that uuid.</summary>
    public void End(Guid uuid)
    {
        if (Vms.Remove(uuid, out var vm))
        {
            vm.End();
        }
    }

    /// <summary>The VM of a process; null when that has ended.</summary>
    public SimulatedVm? Find(ProcessIdentity process) => Vms.Values.FirstOrDefault(vm => vm.Process == process);

    /// <summary>The host is started again: only the journal stays.</summary>
    public void Restart()
    {
        _boots++;
        foreach (var vm in Vms.Keys.ToArray())
        {
            End(vm);
        }

        PoolGroups.Clear();
        PoolDirectories.Clear();
        StandIns.Clear();
        (Cgroups, RunDirectory, Connections, Limit) = (false, false, false, null);
    }

    /// <summary>A command to the actor of the cgroups. Returns its reply.</summary>
    public object Apply(CgroupProtocol.Apply apply)
    {
        if (Fails)
        {
            return new CgroupFailure(apply, new(FailureCode.Internal, "busy"));
        }

        Cgroups = true;
        if (Find(apply.Vmm) is { } vm)
        {
            vm.IsPlaced = true;
        }

        Limit = apply.KeepsLimit ? Limit : apply.Limit?.ForKernel(Decider.Settings.Cgroups.LeastCpuPercent);
        return new CgroupProtocol.Applied(["/cg"], Limit, apply.VcpuTids);
    }

    /// <inheritdoc cref="Apply(CgroupProtocol.Apply)"/>
    public object StatusFor(CgroupProtocol.GetStatus query) => Fails
        ? new CgroupFailure(query, new(FailureCode.Internal, "busy"))
        : new CgroupProtocol.Status(Cgroups ? ["/cg"] : [], Limit, [], [], default);

    /// <inheritdoc cref="Apply(CgroupProtocol.Apply)"/>
    public object Destroy(CgroupProtocol.Destroy destroy)
    {
        if (Fails || Vms.Values.Any(vm => vm.IsPlaced))
        {
            return new CgroupFailure(destroy, new(FailureCode.Internal, "busy"));
        }

        Cgroups = false;
        return new CgroupProtocol.Destroyed();
    }

    /// <summary>The cgroup in which a VM of the pool has waited goes. Returns the problem; null for none.</summary>
    public string? RemovePoolGroup(Guid uuid)
    {
        // A removal moves the processes out of the way: the VM would run with no limit.
        Assert.False(Vms.TryGetValue(uuid, out var vm) && !vm.IsPlaced, $"the pool cgroup of {uuid} is removed while the vm is in it");
        if (Fails)
        {
            return "busy";
        }

        PoolGroups.Remove(uuid);
        return null;
    }

    /// <summary>A command to the actor of the storage. Returns its reply.</summary>
    public object CarryStorage(object command)
    {
        var id = command switch { StorageProtocol.Attach attach => attach.Id, StorageProtocol.Detach detach => detach.Id, _ => "" };
        return Fails ? new StorageProtocol.StorageFailed(id, Busy) : command switch
        {
            StorageProtocol.Prepare => Make(),
            StorageProtocol.TakeOver take => TakeOver(take),
            StorageProtocol.Attach attach => Attach(attach),
            StorageProtocol.Detach detach => Detach(detach),
            _ => Release(),
        };
    }

    /// <summary>A command to the actor of the network. Returns its reply.</summary>
    public object CarryNetwork(NetworkProtocol.ICommand command)
    {
        if (Fails)
        {
            return new NetworkProtocol.NetworkFailed(Busy);
        }

        switch (command)
        {
            case NetworkProtocol.Scan:
                return new NetworkProtocol.Scanned(new NetworkView(NetworkNamespace, [Endpoint], [], [], []));
            case NetworkProtocol.Connect:
                Connections = true;
                return new NetworkProtocol.Connected([new TapDevice("tap0_kata", new SafeFileHandle())]);
            case NetworkProtocol.Release { Namespace: NetworkNamespace }:
                Connections = false;
                return new NetworkProtocol.Released();
            default:
                return new NetworkProtocol.NetworkFailed(new Failure(FailureCode.Internal, "it is another namespace"));
        }
    }

    private StorageProtocol.Prepared Make()
    {
        RunDirectory = true;
        return new StorageProtocol.Prepared();
    }

    private object TakeOver(StorageProtocol.TakeOver take)
    {
        if (!PoolDirectories.Remove(Guid.Parse(take.From)))
        {
            return new StorageProtocol.StorageFailed("", new Failure(FailureCode.Internal, $"\"{take.From}\" is not there"));
        }

        RunDirectory = true;
        return new StorageProtocol.TakenOver();
    }

    private object Attach(StorageProtocol.Attach attach)
    {
        if (Find(attach.Vmm) is not { } vm)
        {
            return new StorageProtocol.StorageFailed(attach.Id, Busy);
        }

        vm.Mounted.Add(attach.GuestId);
        return new StorageProtocol.Attached(attach.Id);
    }

    private object Detach(StorageProtocol.Detach detach)
    {
        if (Find(detach.Vmm) is { } vm)
        {
            if (vm.InGuest.Contains(detach.GuestId))
            {
                return new StorageProtocol.StorageFailed(detach.Id, Busy);
            }

            vm.Mounted.Remove(detach.GuestId);
        }

        return new StorageProtocol.Detached(detach.Id);
    }

    private StorageProtocol.Released Release()
    {
        RunDirectory = false;
        return new StorageProtocol.Released();
    }
}

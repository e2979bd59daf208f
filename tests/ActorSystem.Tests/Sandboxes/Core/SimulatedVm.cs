using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A VM on the <see cref="SimulatedHost"/>, and its guest as sets of what is there.</summary>
/// <param name="uuid">QEMU's uuid.</param>
/// <param name="process">QEMU.</param>
internal sealed class SimulatedVm(Guid uuid, ProcessIdentity process)
{
    private static readonly Google.Protobuf.WellKnownTypes.Empty s_empty = new();
    private readonly HashSet<string> _ran = [];

    public Guid Uuid => uuid;

    public ProcessIdentity Process => process;

    /// <summary>QEMU has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The vCPUs stand still, as those of a VM of the pool do.</summary>
    public bool IsPaused { get; set; }

    /// <summary>QEMU is in the cgroups of the sandbox.</summary>
    public bool IsPlaced { get; set; }

    /// <summary>The guest does nothing any more, or never did anything.</summary>
    public bool Hangs { get; set; }

    /// <summary>The vCPUs.</summary>
    public int Vcpus { get; set; } = 1;

    /// <summary>The host threads of the vCPUs.</summary>
    public ImmutableArray<int> Threads => [.. Enumerable.Range(1, Vcpus)];

    /// <summary>The sandbox is made in the guest: the share is mounted.</summary>
    public bool HasSandbox { get; set; }

    /// <summary>Containers in the guest, by id.</summary>
    public SortedSet<string> InGuest { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers whose mounts are below the share.</summary>
    public SortedSet<string> Mounted { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers whose first process is there.</summary>
    public SortedSet<string> Processes { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers whose first process was started.</summary>
    public SortedSet<string> Started { get; } = new(StringComparer.Ordinal);

    /// <summary>The added processes in the guest, as container/process; the value says whether they run.</summary>
    public SortedDictionary<string, bool> Execs { get; } = new(StringComparer.Ordinal);

    /// <summary>An added process that was run a second time; null for none.</summary>
    public string? RanTwice { get; private set; }

    /// <summary>Containers whose processes stand still.</summary>
    public SortedSet<string> Frozen { get; } = new(StringComparer.Ordinal);

    /// <summary>The CPU quotas that the guest enforces; null for none.</summary>
    public SortedDictionary<string, CpuLimit?> Quotas { get; } = new(StringComparer.Ordinal);

    /// <summary>QEMU ends, and the guest and the mounts with it.</summary>
    public void End()
    {
        HasEnded = true;
        InGuest.Clear();
        Mounted.Clear();
        Processes.Clear();
        Started.Clear();
        Frozen.Clear();
        Execs.Clear();
    }

    /// <summary>Whether an added process runs: it ends with the container's first one.</summary>
    public bool Runs(string exec) => Execs.GetValueOrDefault(exec) && Processes.Contains(exec.Split('/')[0]);

    /// <summary>A call to the agent. Returns its reply; null from a guest that hangs.</summary>
    public object? Call(Google.Protobuf.IMessage request, bool fails)
    {
        if (Hangs)
        {
            return null;
        }

        var problem = request switch
        {
            StartContainerRequest start => Started.Contains(start.ContainerId) ? null : new Failure(FailureCode.FailedPrecondition, "it is not started"),
            _ when fails => SimulatedHost.Busy,
            ExecProcessRequest exec when !Processes.Contains(exec.ContainerId) => new Failure(FailureCode.FailedPrecondition, "cannot exec in a stopped container"),
            PauseContainerRequest pause when !Processes.Contains(pause.ContainerId) => new Failure(FailureCode.FailedPrecondition, "container not running"),
            ResumeContainerRequest resume when !Processes.Contains(resume.ContainerId) => new Failure(FailureCode.FailedPrecondition, "container not running"),
            UpdateContainerRequest update when !InGuest.Contains(update.ContainerId) => Failure.NoSuchContainer(update.ContainerId),
            _ => null,
        };
        if (problem is not null)
        {
            return new AgentProtocol.InvokeFailed(null, problem);
        }

        CarryOut(request);
        return new AgentProtocol.Invoked(null, s_empty);
    }

    /// <summary>A container's process is started. Returns the reply of its actor; null for none.</summary>
    public object? Start(string id, bool fails)
    {
        if (Hangs || HasEnded)
        {
            return null;
        }

        if (!Started.Contains(id) && (fails || !Processes.Contains(id)))
        {
            return new ContainerProtocol.StartFailed(new Failure(FailureCode.NotFound, "no such program"));
        }

        Started.Add(id);
        return new ContainerProtocol.ProcessStarted();
    }

    private static CpuLimit? LimitOf(LinuxCPU? cpu) => cpu is { Quota: > 0 } ? new CpuLimit(cpu.Quota, (long)cpu.Period) : null;

    private void CarryOut(Google.Protobuf.IMessage request)
    {
        switch (request)
        {
            case CreateSandboxRequest:
                HasSandbox = true;
                break;
            case CreateContainerRequest create:
                InGuest.Add(create.ContainerId);
                Processes.Add(create.ContainerId);
                Quotas[create.ContainerId] = LimitOf(create.OCI.Linux.Resources?.CPU);
                break;
            case UpdateContainerRequest update:
                Quotas[update.ContainerId] = LimitOf(update.Resources.CPU);
                break;
            case PauseContainerRequest pause:
                Frozen.Add(pause.ContainerId);
                break;
            case ResumeContainerRequest resume:
                Frozen.Remove(resume.ContainerId);
                break;
            case ExecProcessRequest exec:
                Run($"{exec.ContainerId}/{exec.ExecId}");
                break;
            case RemoveProcessRequest remove:
                Execs.Remove($"{remove.ContainerId}/{remove.ExecId}");
                break;
            case RemoveContainerRequest remove:
                InGuest.Remove(remove.ContainerId);
                Processes.Remove(remove.ContainerId);
                Started.Remove(remove.ContainerId);
                Frozen.Remove(remove.ContainerId);
                foreach (var exec in Execs.Keys.Where(exec => exec.StartsWith(remove.ContainerId + "/", StringComparison.Ordinal)).ToArray())
                {
                    Execs.Remove(exec);
                }

                break;
        }
    }

    // The agent knows a process that it has run until it is removed.
    private void Run(string exec)
    {
        if (Execs.TryAdd(exec, true) && !_ran.Add(exec))
        {
            RanTwice = exec;
        }
    }
}

using Google.Protobuf;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// A container's first process before its container: born in its namespaces, in the container's cgroup, it waits for its spec. To start it takes most
/// of the time of a container's creation, and needs to know nothing of the container, so it may be started ahead of its use.
/// </summary>
internal sealed class WaitingProcess(ContainerProcess process, ContainerCgroup cgroup, ContainerPipes pipes, SafeFileHandle document) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    internal ContainerProcess Process => process;

    internal ContainerCgroup Cgroup => cgroup;

    internal ContainerPipes Pipes => pipes;

    /// <summary>True once the process is up; false when it has ended, or is not in time.</summary>
    internal Task<bool> Up { get; } = IsUpAsync(pipes.Report);

    /// <summary>Gives the process its spec, which it reads when it is told to prepare.</summary>
    internal void Assign(Spec spec)
    {
        // A file in memory, not a pipe: however long it is, nobody has to wait for the reader.
        for (ReadOnlySpan<byte> bytes = spec.ToByteArray(); bytes.Length > 0;)
        {
            bytes = bytes[Math.Max(0, Descriptors.TryWrite(document, bytes))..];
        }

        document.Dispose();
    }

    /// <summary>Kills the process and all others of its cgroup, waits for its end, and removes the group.</summary>
    internal async Task KillAsync(CancellationToken deadline)
    {
        cgroup.Kill();
        _ = process.Signal(Signals.SIGKILL);
        await process.Exit.WaitAsync(deadline).ConfigureAwait(false);
        await cgroup.RemoveAsync(deadline).ConfigureAwait(false);
    }

    /// <summary>Ends a process that was not used, and lets go of everything.</summary>
    internal async Task EndAsync(CancellationToken deadline)
    {
        await KillAsync(deadline).ConfigureAwait(false);
        Dispose();
    }

    public void Dispose()
    {
        document.Dispose();
        pipes.Dispose();
        process.Dispose();
    }

    private static async Task<bool> IsUpAsync(SafeFileHandle report)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            return await SetupChannel.ReadReportAsync(report, deadline.Token).ConfigureAwait(false) is [SetupChannel.Born];
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

using Google.Protobuf;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// A container's first process before its container: it is in its namespaces and in the container's cgroup, and waits for its spec. Its start is the
/// longest part of a container's creation and needs no knowledge of the container, so it may be started in advance.
/// </summary>
internal sealed class WaitingProcess(ContainerProcess process, ContainerCgroup cgroup, ContainerPipes pipes, SafeFileHandle document) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    internal ContainerProcess Process => process;

    internal ContainerCgroup Cgroup => cgroup;

    internal ContainerPipes Pipes => pipes;

    /// <summary>True once the process is up; false when it has ended, or misses the deadline.</summary>
    internal Task<bool> Up { get; } = IsUpAsync(pipes.Report);

    /// <summary>Gives the process its spec, which it reads when it is told to prepare.</summary>
    internal void Assign(Spec spec)
    {
        // A file in memory, not a pipe: even a long spec needs no waiting for the reader.
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

    /// <summary>Ends an unused process and frees all resources.</summary>
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

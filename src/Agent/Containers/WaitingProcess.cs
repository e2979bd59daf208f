using Google.Protobuf;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Linux.Guest;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>A process of a container before its program: it is in its namespaces and in the container's cgroup, and waits for its document and its steps.</summary>
internal sealed class WaitingProcess(ChildProcess child, ContainerPipes pipes, SafeFileHandle document) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    internal ChildProcess Child => child;

    internal ContainerPipes Pipes => pipes;

    /// <summary>True once the process is up; false when it has ended, or misses the deadline.</summary>
    internal Task<bool> Up { get; } = IsUpAsync(pipes.Report);

    /// <summary>Gives the process its spec, or an exec its part of one, which it reads when it is told to prepare.</summary>
    internal void Assign(IMessage content)
    {
        // A file in memory, not a pipe: even a long spec needs no waiting for the reader.
        for (ReadOnlySpan<byte> bytes = content.ToByteArray(); bytes.Length > 0;)
        {
            bytes = bytes[Math.Max(0, Descriptors.TryWrite(document, bytes))..];
        }

        document.Dispose();
    }

    /// <summary>The user that its streams were given to, by an id of the guest; null when the process does that itself.</summary>
    internal uint? StreamOwner { get; private set; }

    /// <summary>Makes a user the owner of its streams, as the process itself cannot from a user namespace.</summary>
    internal void GiveStreams(uint user)
    {
        StreamOwner = user;
        foreach (var stream in new[] { pipes.Stdin, pipes.Stdout, pipes.Stderr })
        {
            FileOwner.SetUser(stream, user);
        }
    }

    /// <summary>Kills the process and waits for its end.</summary>
    internal async Task KillAsync(CancellationToken deadline)
    {
        _ = child.Signal(Signals.SIGKILL);
        await child.Exit.WaitAsync(deadline).ConfigureAwait(false);
    }

    /// <summary>Frees the resources of an ended process.</summary>
    public void Dispose()
    {
        document.Dispose();
        pipes.Dispose();
        child.Dispose();
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

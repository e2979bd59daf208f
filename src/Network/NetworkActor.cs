using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Akka.Actor;
using KataActors.Linux;
using KataActors.Linux.Netlink;
using static KataActors.Network.NetworkProtocol;

namespace KataActors.Network;

/// <summary>
/// The network of one sandbox: looks at its namespace, connects the interfaces there with tap interfaces, takes the connections back. The work is done on threads
/// in the namespace. The kernel holds all of the state but the descriptors of new tap interfaces, so a fresh actor continues where an earlier one ended.
/// <code>
///            a command                 it ended, and none waits
///   Idle ───────────────► Working ──────────────────────────────► Idle
///                          │   ▲
///                          └───┘ it ended: the next one that waits
/// </code>
/// </summary>
public sealed class NetworkActor : UntypedActor
{
    // A sandbox has one command under way, and a removal may follow it.
    private const int MostWaiting = 8;

    private readonly List<TapDevice> _taps = [];
    private readonly Queue<(ICommand Command, IActorRef Requester)> _waiting = new();

    /// <summary>How to create it.</summary>
    public static Props Props() => Akka.Actor.Props.Create(() => new NetworkActor());

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is ICommand command)
        {
            Begin(command, Sender);
        }
        else
        {
            Unhandled(message);
        }
    }

    private void Begin(ICommand command, IActorRef requester)
    {
        if (command is Release)
        {
            CloseTaps();
        }

        CarryOutAsync(command).PipeTo(
            Self,
            success: reply => new Ended(requester, reply),
            failure: e => ToReply(e) is { } reply ? new Ended(requester, reply) : new Status.Failure(e));
        Become(Working);
    }

    private void Working(object message)
    {
        switch (message)
        {
            case Ended ended:
                Take(ended);
                break;
            case Status.Failure failure:
                // An unexpected exception: the parent decides.
                throw new InvalidOperationException("work of the network failed", failure.Cause);
            case ICommand when _waiting.Count == MostWaiting:
                Sender.Tell(new NetworkFailed(new Failure(FailureCode.ResourceExhausted, $"{MostWaiting} commands for the network wait already")));
                break;
            case ICommand command:
                _waiting.Enqueue((command, Sender));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Take(Ended ended)
    {
        if (ended.Reply is Connected connected)
        {
            _taps.AddRange(connected.Taps);
        }

        ended.Requester.Tell(ended.Reply);
        if (_waiting.TryDequeue(out var next))
        {
            Begin(next.Command, next.Requester);
        }
        else
        {
            Become(OnReceive);
        }
    }

    private async Task<object> CarryOutAsync(ICommand command)
    {
        switch (command)
        {
            case Scan { Namespace: null, Process: { } process } when NetworkNamespaces.HasLoopbackOnly(process):
                return new Scanned(new NetworkView(0, [], [], [], []));
            case InNamespace { Namespace: null, Process: { } process } inside:
                using (var opened = NetworkNamespaces.OpenOf(process))
                {
                    return await CarryOutAsync(inside with { Namespace = opened }).ConfigureAwait(false);
                }

            case InNamespace { Namespace: null }:
                return new NetworkFailed(new Failure(FailureCode.Unavailable, "the network namespace of the request is closed"));
            case Scan { Namespace: { } place } scan:
                return await ScanAsync(place, isGiven: scan.Process is null).ConfigureAwait(false);
            case Connect { Namespace: { } place } connect:
                return new Connected((await InAsync(place, () => new NewTaps(TapConnection.Make(connect.Endpoints, connect.Mark))).ConfigureAwait(false)).Taps);
            case Release release:
                return await ReleaseAsync(release).ConfigureAwait(false);
            default:
                throw new NotSupportedException($"no such command: {command}");
        }
    }

    // A stand-in without a network namespace of its own is in the host's, or its caller's.
    private static async Task<object> ScanAsync(SafeHandle place, bool isGiven)
    {
        var inode = NetworkNamespaces.InodeOf(place);
        return (NamespaceFile.IsHostNetwork(inode), isGiven) switch
        {
            (true, true) => new NetworkFailed(new Failure(FailureCode.InvalidArgument, "the network namespace is the host's own, which a VM cannot share")),
            (true, false) => new Scanned(new NetworkView(inode, [], [], [], [])),
            _ => new Scanned(await InAsync(place, () => NamespaceScan.Take(inode)).ConfigureAwait(false)),
        };
    }

    private static async Task<Released> ReleaseAsync(Release release)
    {
        using var place = await Task.Run(() => NetworkNamespaces.TryOpen(release.Namespace)).ConfigureAwait(false);
        if (place is not null)
        {
            await InAsync(place, () =>
            {
                TapConnection.Remove(release.Mark, release.Interfaces);
                return true;
            }).ConfigureAwait(false);
        }

        return new Released();
    }

    private static Task<T> InAsync<T>(SafeHandle place, Func<T> body) =>
        NamespaceThread.RunAsync(body, NamespaceThread.DefaultDeadline, NamespaceEntry.Enter(place, NamespaceKinds.Network));

    private static NetworkFailed? ToReply(Exception cause) => cause switch
    {
        LinuxException => new NetworkFailed(new Failure(FailureCode.Internal, cause.Message)),
        ObjectDisposedException => new NetworkFailed(new Failure(FailureCode.Unavailable, "the network namespace of the request is closed")),
        TimeoutException => new NetworkFailed(new Failure(FailureCode.DeadlineExceeded, cause.Message)),
        _ => null,
    };

    /// <inheritdoc/>
    protected override void PostStop() => CloseTaps();

    private void CloseTaps()
    {
        _taps.ForEach(tap => tap.File.Dispose());
        _taps.Clear();
    }

    private sealed record Ended(IActorRef Requester, object Reply);

    /// <summary>The tap interfaces of a thread that may end too late: then they are disposed of.</summary>
    private sealed class NewTaps(ImmutableArray<TapDevice> taps) : IDisposable
    {
        public ImmutableArray<TapDevice> Taps => taps;

        public void Dispose()
        {
            foreach (var tap in taps)
            {
                tap.File.Dispose();
            }
        }
    }
}

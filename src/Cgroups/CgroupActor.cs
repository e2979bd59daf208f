using System.Runtime.ExceptionServices;
using Akka.Actor;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>
/// The host cgroups of one sandbox: makes them, limits them, puts the VMM's threads into them, removes them. The kernel's files hold all of the
/// state, so a fresh actor of the same name continues where an earlier one ended.
/// <code>
///            a command                 it ended, and none waits
///   Idle ───────────────► Working ──────────────────────────────► Idle
///                          │   ▲
///                          └───┘ it ended: the next one that waits
///
///   after Destroyed, in both states: Apply is refused
/// </code>
/// </summary>
public sealed class CgroupActor : UntypedActor
{
    // Bounds a call into the kernel that does not return; the work itself ends at its deadline.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    private readonly CgroupSettings _settings;
    private readonly string _name;
    private readonly ICgroupFileSystem _files;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Queue<Request> _waiting = new();
    private Request? _current;
    private bool _destroyed;

    /// <summary>Creates the actor; see <see cref="Props(CgroupSettings, string)"/>.</summary>
    public CgroupActor(CgroupSettings settings, string name, ICgroupFileSystem files)
    {
        _settings = settings;
        _name = name;
        _files = files;
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CgroupProtocol.ICommand command:
                Begin(new Request(command, Sender));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Working(object message)
    {
        switch (message)
        {
            case Ended ended:
                End(ended.Reply);
                break;
            case Crashed crashed:
                ExceptionDispatchInfo.Throw(crashed.Cause);
                break;
            case CgroupProtocol.ICommand command when _waiting.Count >= _settings.MaxWaiting:
                Sender.Tell(new CgroupFailure(command, new(FailureCode.ResourceExhausted, $"{_waiting.Count} commands for the cgroups of \"{_name}\" wait already")));
                break;
            case CgroupProtocol.ICommand command:
                _waiting.Enqueue(new Request(command, Sender));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Begin(Request request)
    {
        if (_destroyed && request.Command is CgroupProtocol.Apply)
        {
            request.Sender.Tell(new CgroupFailure(request.Command, new(FailureCode.FailedPrecondition, $"the cgroups of \"{_name}\" are destroyed")));
            Next();
            return;
        }

        _current = request;
        Become(Working);
        CarryOutAsync(request.Command).PipeTo(
            Self,
            success: reply => new Ended(reply),
            failure: cause => ToFailure(request.Command, cause) is { } failure ? new Ended(failure) : new Crashed(cause));
    }

    private void End(object reply)
    {
        _destroyed |= reply is CgroupProtocol.Destroyed;
        _current!.Sender.Tell(reply);
        _current = null;
        Next();
    }

    private void Next()
    {
        if (_waiting.TryDequeue(out var next))
        {
            Begin(next);
        }
        else
        {
            Become(OnReceive);
        }
    }

    private async Task<object> CarryOutAsync(CgroupProtocol.ICommand command)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        var work = Task.Run(() => CarryOutAsync(command, cancellation.Token), cancellation.Token);
        try
        {
            return await work.WaitAsync(_settings.Deadline + s_grace, _stopped.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await cancellation.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<object> CarryOutAsync(CgroupProtocol.ICommand command, CancellationToken cancellation)
    {
        var groups = SandboxCgroup.Find(_files, _settings, _name);
        return command switch
        {
            CgroupProtocol.Apply apply => groups.Apply(apply, cancellation),
            CgroupProtocol.Destroy destroy => await groups.DestroyAsync(destroy.UnmarkedToo, cancellation).ConfigureAwait(false),
            CgroupProtocol.GetStatus => groups.GetStatus(),
            _ => throw new NotSupportedException($"no such command: {command}"),
        };
    }

    private CgroupFailure? ToFailure(CgroupProtocol.ICommand command, Exception cause) => cause switch
    {
        CgroupException failure => new CgroupFailure(command, failure.Failure),
        LinuxException or IOException or UnauthorizedAccessException => new CgroupFailure(command, new(FailureCode.Internal, cause.Message)),
        TimeoutException => new CgroupFailure(command, new(FailureCode.DeadlineExceeded, $"work on the cgroups of \"{_name}\" did not end in time")),
        _ => null,
    };

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
    }

    /// <summary>The actor of one sandbox's groups.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="name">The sandbox's host name, which names its group.</param>
    /// <exception cref="ArgumentException">The name cannot name a directory.</exception>
    public static Props Props(CgroupSettings settings, string name) => Props(settings, name, new CgroupFileSystem());

    internal static Props Props(CgroupSettings settings, string name, ICgroupFileSystem files)
    {
        CgroupLayout.CheckName(name);
        return Akka.Actor.Props.Create(() => new CgroupActor(settings, name, files));
    }

    private sealed record Request(CgroupProtocol.ICommand Command, IActorRef Sender);

    private sealed record Ended(object Reply);

    private sealed record Crashed(Exception Cause);
}

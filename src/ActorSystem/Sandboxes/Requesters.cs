using System.Collections.Immutable;
using Akka.Actor;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The requesters of a sandbox's commands: the core knows their ids, this class their addresses.</summary>
/// <param name="context">The context of the SandboxActor.</param>
/// <param name="creations">The descriptors of their requests.</param>
internal sealed class Requesters(IActorContext context, CreationRequests creations)
{
    private readonly Dictionary<RequesterId, IActorRef> _addresses = [];
    private int _number;

    /// <summary>Adds the sender of the current command. Returns its id.</summary>
    public RequesterId Add()
    {
        var id = new RequesterId(++_number);
        _addresses[id] = context.Sender;
        return id;
    }

    /// <summary>Ends the wait of a requester. Returns its address; Nobody when it has its reply.</summary>
    public IActorRef Take(RequesterId id) => _addresses.Remove(id, out var address) ? address : ActorRefs.Nobody;

    /// <summary>
    /// Sends a reply, and ends the request. Only the first reply counts. The request of a creation whose hooks are due goes on, without an address. The
    /// details of a sandbox get the paths of its actors.
    /// </summary>
    public void Reply(RequesterId to, object reply)
    {
        if (reply is SandboxCommands.Created { HooksDue: true } && _addresses.TryGetValue(to, out var creator))
        {
            _addresses[to] = ActorRefs.Nobody;
            creator.Tell(reply);
        }
        else if (_addresses.Remove(to, out var address))
        {
            creations.End(to);
            address.Tell(reply is SandboxDetails details ? details with { Actors = ActorPaths() } : reply);
        }
    }

    /// <summary>Replies to all requesters that wait.</summary>
    public void ReplyAll(Func<RequesterId, object> reply)
    {
        foreach (var id in _addresses.Keys.ToArray())
        {
            Reply(id, reply(id));
        }
    }

    private ImmutableArray<string> ActorPaths() =>
    [
        context.Self.Path.ToStringWithoutAddress(),
        .. context.GetChildren().Select(child => child.Path.ToStringWithoutAddress()).Order(StringComparer.Ordinal),
    ];
}

using System.Threading.Channels;
using Akka.Actor;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>A fake SandboxManagerActor: keeps its messages, and answers as the test says (null: not at all).</summary>
internal sealed class FakeSandboxManager
{
    private readonly Channel<object> _received = Channel.CreateUnbounded<object>();

    /// <summary>Answers everything but readiness.</summary>
    public Func<object, object?> Answer { get; set; } = _ => null;

    /// <summary>The sandboxes that exist.</summary>
    public SandboxQueries.SandboxList Sandboxes { get; set; } = new([]);

    /// <summary>Whether it reports readiness.</summary>
    public bool IsReady { get; set; } = true;

    public Props Props => Akka.Actor.Props.Create(() => new ManagerActor(this));

    /// <summary>The next message that is neither about readiness nor idleness.</summary>
    public async Task<T> ReceiveAsync<T>() => (T)await _received.Reader.ReadAsync(Deadline.Token);

    private sealed class ManagerActor(FakeSandboxManager owner) : UntypedActor
    {
        private IActorRef? _asker;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case SandboxQueries.GetReady when owner.IsReady:
                    Sender.Tell(new SandboxQueries.Ready());
                    break;
                case SandboxQueries.GetReady:
                    _asker = Sender;
                    break;
                case SandboxQueries.Ready:
                    owner.IsReady = true;
                    _asker?.Tell(message);
                    break;
                case SandboxQueries.ListSandboxes:
                    Sender.Tell(owner.Sandboxes);
                    break;
                default:
                    owner._received.Writer.TryWrite(message);
                    if (owner.Answer(message) is { } answer)
                    {
                        Sender.Tell(answer);
                    }

                    break;
            }
        }
    }
}

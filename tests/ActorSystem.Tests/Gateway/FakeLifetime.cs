using System.Threading.Channels;
using KataActors.Runtime.Hosting;
using KataActors.TestSupport;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>Records the actors' calls to their host.</summary>
internal sealed class FakeLifetime : IDaemonLifetime
{
    public const string IsListening = "listening";
    public const string IsIdle = "idle";

    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

    /// <summary>Blocks the caller that reports listening.</summary>
    public Task Pause { get; set; } = Task.CompletedTask;

    public void Listening()
    {
        _told.Writer.TryWrite(IsListening);
        Pause.Wait(Deadline.Span);
    }

    public void Idle() => _told.Writer.TryWrite(IsIdle);

    public void Fail(string reason) => _told.Writer.TryWrite(reason);

    public async Task<string> NextAsync() => await _told.Reader.ReadAsync(Deadline.Token);

    public bool IsSilent => _told.Reader.Count == 0;
}

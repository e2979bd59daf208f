using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace KataActors.Runtime.Persistence;

/// <summary>
/// Keeps the journal's file small: it deletes the rows of obsolete persistence ids. It also reads the whole file once, in the background, and opens a
/// file that could not be used at the daemon's start. Its pending deletions may be lost, as by its restart: the next daemon finds the rows. What
/// it has begun goes on during its restart, and answers.
/// <code>
/// Idle ──Forget──▶ Working ──(done; more was told meanwhile)──▶ Working
///   ▲                 └──────(done)──┐
///   └────────────────────────────────┘
/// </code>
/// Inspect and Open run beside that, in both states.
/// </summary>
internal sealed class JournalKeeperActor : UntypedActor
{
    // Longer than SQLite's wait for a lock. An open that hangs in the file system continues after it, and no second one begins meanwhile.
    private static readonly TimeSpan s_openDeadline = TimeSpan.FromSeconds(30);

    private readonly string _file;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ImmutableArray<string> _forgotten = [];
    private Task<Opened>? _opening;
    private bool _working;

    public JournalKeeperActor(string file) => _file = file;

    /// <param name="file">The SQLite database.</param>
    public static Props Props(string file) => Akka.Actor.Props.Create(() => new JournalKeeperActor(file));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Inspect:
                var file = _file;
                Task.Run(() => Look(file)).PipeTo(Sender, Self, failure: e => new Failure(FailureCode.Unavailable, e.Message));
                break;
            case Open:
                OpenFile();
                break;
            case Forget forget:
                _forgotten = _forgotten.AddRange(forget.Owners);
                Work();
                break;
            case Done done:
                _working = false;
                if (done.Problem is { } problem)
                {
                    _log.Warning("what is left of removed sandboxes in the journal stays until the next start: {0}", problem);
                }

                Work();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private static Inspected Look(string file) =>
        JournalRows.FindDamage(file) is { } damage ? new Inspected([], $"journal \"{file}\" is damaged: {damage}") : new Inspected([.. JournalRows.Owners(file)], null);

    private void OpenFile()
    {
        var file = _file;
        if (_opening is not { IsCompleted: false })
        {
            _opening = Task.Run(() => new Opened(JournalFile.PrepareOrReplace(file)));
        }

        _opening.WaitAsync(s_openDeadline).PipeTo(
            Sender,
            Self,
            failure: e => new NotOpened(e is TimeoutException ? $"journal \"{file}\" cannot be used: it was not opened within {s_openDeadline.TotalSeconds} s" : e.Message));
    }

    private void Work()
    {
        if (_working || _forgotten.IsEmpty)
        {
            return;
        }

        _working = true;
        var (file, owners) = (_file, _forgotten);
        _forgotten = [];
        Task.Run(() => JournalRows.DeleteAsync(file, owners)).PipeTo(Self, success: () => new Done(null), failure: e => new Done(e.Message));
    }

    /// <summary>
    /// Read the whole file. Replies <see cref="Inspected"/>, or a <see cref="Failure"/> when it cannot be read now. Changes nothing.
    /// </summary>
    public sealed record Inspect;

    /// <summary>The file was read.</summary>
    /// <param name="Owners">All persistence ids with rows; empty for a damaged file.</param>
    /// <param name="Damage">The damage, a sentence for the user; null for none.</param>
    public sealed record Inspected(ImmutableArray<string> Owners, string? Damage);

    /// <summary>Prepare the file, or replace a damaged one. Replies <see cref="Opened"/> or <see cref="NotOpened"/>.</summary>
    public sealed record Open;

    /// <summary>The file can be used.</summary>
    /// <param name="Aside">The new name of a damaged file; null when the file is in order.</param>
    public sealed record Opened(string? Aside);

    /// <summary>The file cannot be used.</summary>
    /// <param name="Reason">Why, a sentence for the user that names the file.</param>
    public sealed record NotOpened(string Reason);

    /// <summary>Delete all rows of these persistence ids. No reply.</summary>
    public sealed record Forget(ImmutableArray<string> Owners);

    private sealed record Done(string? Problem);
}

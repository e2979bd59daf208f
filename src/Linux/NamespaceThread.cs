using KataActors.Linux.Native;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>
/// Runs code in other namespaces, on a thread of its own that ends afterwards: a thread that has changed its namespaces must never go
/// back to a pool. The body must be synchronous; processes that it spawns inherit the namespaces.
/// </summary>
public static class NamespaceThread
{
    /// <summary>The default deadline of <see cref="Run{T}"/>.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Runs <paramref name="body"/> and waits for its result, at most <see cref="DefaultDeadline"/>.</summary>
    public static T Run<T>(Func<T> body, params NamespaceEntry[] entries) =>
        RunAsync(body, DefaultDeadline, entries).GetAwaiter().GetResult();

    /// <summary>
    /// Runs <paramref name="body"/>, and throws its exceptions here. When the deadline passes first, the thread is abandoned, and a late
    /// disposable result is disposed. The objects used by the body must outlive the thread: a caller that cannot ensure this sets no deadline here
    /// (<see cref="Timeout.InfiniteTimeSpan"/>), but one for all of its work.
    /// </summary>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    /// <exception cref="LinuxException">A namespace could not be created or entered.</exception>
    public static async Task<T> RunAsync<T>(Func<T> body, TimeSpan deadline, params NamespaceEntry[] entries)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = new CancellationTokenSource(deadline);
        await using var registration = timer.Token.Register(() =>
            result.TrySetException(new TimeoutException("the work in other namespaces did not end in time"))).ConfigureAwait(false);
        new Thread(() => Work(body, entries, result)) { IsBackground = true, Name = "namespaces" }.Start();
        return await result.Task.ConfigureAwait(false);
    }

    private static void Work<T>(Func<T> body, NamespaceEntry[] entries, TaskCompletionSource<T> result)
    {
        try
        {
            foreach (var entry in entries)
            {
                Take(entry);
            }

            var value = body();
            if (!result.TrySetResult(value))
            {
                (value as IDisposable)?.Dispose();
            }
        }
        catch (Exception failure)
        {
            result.TrySetException(failure);
        }
    }

    internal static void Take(NamespaceEntry entry)
    {
        // A mount namespace can be changed only by a thread that shares root and working directory with no other.
        if (entry.Kinds.HasFlag(NamespaceKinds.Mount) && unshare(CLONE_FS) != 0)
        {
            throw LinuxException.Last("unshare", "file system context");
        }

        if (entry.Handle is null)
        {
            if (unshare((int)entry.Kinds) != 0)
            {
                throw LinuxException.Last("unshare", $"{entry.Kinds}");
            }
        }
        else if (LibC.setns(entry.Handle, (int)entry.Kinds) != 0)
        {
            throw LinuxException.Last("setns", $"{entry.Kinds}");
        }
    }
}

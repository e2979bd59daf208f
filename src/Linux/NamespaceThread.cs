using System.Runtime.ExceptionServices;
using KataActors.Linux.Native;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>
/// Runs code in other namespaces, on a thread of its own that ends afterwards: a thread that has changed its namespaces must never go
/// back to a pool. The body must be synchronous; processes that it spawns inherit the namespaces, and so do threads: it starts none, completes no task and
/// tells no actor anything, for each of these may start one of the pool.
/// </summary>
public static class NamespaceThread
{
    /// <summary>The default deadline of <see cref="Run{T}"/>.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Runs <paramref name="body"/> and waits for its result, at most <see cref="DefaultDeadline"/>.</summary>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    /// <exception cref="LinuxException">A namespace could not be created or entered.</exception>
    public static T Run<T>(Func<T> body, params NamespaceEntry[] entries) => Await(body, DefaultDeadline, entries);

    /// <summary>
    /// Runs <paramref name="body"/>, and throws its exceptions here. When the deadline passes first, the thread is abandoned, and a late
    /// disposable result is disposed. The objects used by the body must outlive the thread: a caller that cannot ensure this sets no deadline here
    /// (<see cref="Timeout.InfiniteTimeSpan"/>), but one for all of its work.
    /// </summary>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    /// <exception cref="LinuxException">A namespace could not be created or entered.</exception>
    public static Task<T> RunAsync<T>(Func<T> body, TimeSpan deadline, params NamespaceEntry[] entries)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);

        // By a thread in this process's namespaces: a completion may start a thread of the pool, which inherits those of the completing thread.
        Start(() =>
        {
            try
            {
                result.SetResult(Await(body, deadline, entries));
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        });
        return result.Task;
    }

    private static T Await<T>(Func<T> body, TimeSpan deadline, NamespaceEntry[] entries)
    {
        var outcome = new Outcome<T>();
        var inside = Start(() => outcome.Set(() =>
        {
            foreach (var entry in entries)
            {
                Take(entry);
            }

            return body();
        }));
        if (inside.Join(deadline))
        {
            return outcome.Get();
        }

        // Outside, too.
        Start(() =>
        {
            inside.Join();
            outcome.Dispose();
        });
        throw new TimeoutException("the work in other namespaces did not end in time");
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true, Name = "namespaces" };
        thread.Start();
        return thread;
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

    /// <summary>The result of the work, or its failure.</summary>
    private sealed class Outcome<T> : IDisposable
    {
        private T? _value;
        private ExceptionDispatchInfo? _failure;

        public void Set(Func<T> work)
        {
            try
            {
                _value = work();
            }
            catch (Exception failure)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
            }
        }

        public T Get()
        {
            _failure?.Throw();
            return _value!;
        }

        public void Dispose() => (_value as IDisposable)?.Dispose();
    }
}

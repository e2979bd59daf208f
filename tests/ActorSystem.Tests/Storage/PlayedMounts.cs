using System.Collections.Concurrent;
using System.Collections.Immutable;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KataActors.Runtime.Tests.Storage;

/// <summary>Mounts in memory only, and calls that hang until the test releases them.</summary>
internal sealed class PlayedMounts : IShareMounts
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly ConcurrentDictionary<string, bool> _mounted = new();

    /// <summary>All calls, in the order in which they began.</summary>
    public string[] Calls => [.. _calls];

    /// <summary>The places that are mounted now.</summary>
    public ImmutableSortedSet<string> Mounted => [.. _mounted.Keys];

    /// <summary>Makes a call hang.</summary>
    public Gate Hang(string call) => _gates[call] = new Gate();

    public void Attach(ProcessIdentity vmm, string shareDirectory, SafeFileHandle tree, SharePath place, bool readOnly)
    {
        Enter($"attach {place}");
        Assert.False(tree.IsClosed);
        _mounted[place.Value] = true;
    }

    public void Detach(ProcessIdentity vmm, string shareDirectory, SharePath place)
    {
        Enter($"detach {place}");
        _mounted.TryRemove(place.Value, out _);
    }

    private void Enter(string call)
    {
        _calls.Enqueue(call);
        if (_gates.TryGetValue(call, out var gate))
        {
            gate.Pass();
        }
    }

    /// <summary>The place at which a call hangs.</summary>
    public sealed class Gate
    {
        // Longer than the test waits for anything.
        private static readonly TimeSpan s_hang = 2 * Deadline.Span;

        private readonly TaskCompletionSource _reached = new();
        private readonly TaskCompletionSource<Exception?> _left = new();

        /// <summary>Ends when the call has begun.</summary>
        public Task ReachedAsync() => _reached.Task.WaitAsync(Deadline.Span);

        /// <summary>Lets the call continue, or fail.</summary>
        public void LetGo(Exception? failure = null) => _left.SetResult(failure);

        public void Pass()
        {
            _reached.TrySetResult();
            if (_left.Task.WaitAsync(s_hang).GetAwaiter().GetResult() is { } failure)
            {
                throw failure;
            }
        }
    }
}

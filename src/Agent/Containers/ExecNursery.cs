using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.Agent.Setup;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>
/// Where execs are born: as copies of a <see cref="Zygote"/>, which take a fraction of the time that the start of a program takes. The first exec of a guest
/// starts one. It serves all containers, since a copy is born with nothing but its descriptors.
/// </summary>
internal sealed class ExecNursery(string ownExecutable)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turn = new(1);
    private LiveZygote? _zygote;

    /// <summary>A new process, which runs <see cref="ExecSetup"/>. The caller reaps it.</summary>
    /// <param name="descriptors">Its descriptors, by their numbers.</param>
    /// <param name="namespaces">The namespaces that it is born into.</param>
    /// <exception cref="IOException">It was not born.</exception>
    /// <exception cref="LinuxException">There is no zygote, and none can be started.</exception>
    internal async Task<Pidfd> BearAsync(IReadOnlyList<SafeHandle> descriptors, NamespaceEntry[] namespaces)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            await _turn.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new IOException("the processes asked for before were not born in time");
        }

        try
        {
            return await AskAsync(descriptors, namespaces, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Retire();
            throw new IOException($"the process was not born within {s_deadline.TotalSeconds} s");
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Pidfd> AskAsync(IReadOnlyList<SafeHandle> descriptors, NamespaceEntry[] namespaces, CancellationToken cancellation)
    {
        if (_zygote is { HasEnded: true })
        {
            Retire();
        }

        _zygote ??= LiveZygote.Start(ownExecutable);
        var answer = new byte[SetupChannel.LongestReport];
        List<SafeFileHandle> handles = [];
        int length;
        try
        {
            length = await _zygote.AskAsync(Zygote.Order(namespaces), [.. namespaces.Select(entry => entry.Handle!), .. descriptors], answer, handles, cancellation)
                .ConfigureAwait(false);
        }
        catch (LinuxException)
        {
            Retire();
            throw;
        }

        if (length == 0)
        {
            Retire();
            throw new IOException("the process was not born: its parent has ended");
        }

        var message = SetupChannel.Message(answer.AsSpan(0, length));
        return handles is [var handle] && answer[0] == SetupChannel.Born
            ? Pidfd.Take(handle, int.Parse(message, CultureInfo.InvariantCulture))
            : throw new IOException($"the process was not born: {message}");
    }

    private void Retire()
    {
        _zygote?.Retire();
        _zygote = null;
    }

    /// <summary>A running zygote, and the agent's end of its socket.</summary>
    private sealed class LiveZygote(ChildProcess child, SafeFileHandle socket)
    {
        internal bool HasEnded => child.Exit.IsCompleted;

        internal static LiveZygote Start(string executable)
        {
            var (here, there) = UnixSockets.Pair();
            try
            {
                using (there)
                {
                    var request = new SpawnRequest { Path = executable, Arguments = ["kata-actors-agent", Zygote.Verb], Descriptors = [null, null, null, there], NewSession = true };
                    return new LiveZygote(new ChildProcess(ProcessSpawner.Spawn(request)), here);
                }
            }
            catch
            {
                here.Dispose();
                throw;
            }
        }

        internal async Task<int> AskAsync(
            byte[] order, SafeHandle[] descriptors, Memory<byte> answer, List<SafeFileHandle> handles, CancellationToken cancellation)
        {
            await DescriptorPassing.SendAsync(socket, order, descriptors, cancellation).ConfigureAwait(false);
            return await DescriptorPassing.ReceiveAsync(socket, answer, handles, cancellation).ConfigureAwait(false);
        }

        /// <summary>It ends by the end of its socket; if it hangs, it is killed.</summary>
        internal void Retire()
        {
            socket.Dispose();
            _ = EndAsync();
        }

        private async Task EndAsync()
        {
            if (await Task.WhenAny(child.Exit, Task.Delay(s_deadline)).ConfigureAwait(false) != child.Exit)
            {
                _ = child.Signal(Signals.SIGKILL);
                await Task.WhenAny(child.Exit).ConfigureAwait(false);
            }

            child.Dispose();
        }
    }
}

using System.Runtime.InteropServices;
using KataActors.Agent.Setup;
using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>
/// Where execs are born: as copies of a <see cref="Zygote"/>, which take a fraction of the time that the start of a program takes. The first exec of a guest
/// starts one. It serves all containers, since a copy is born with nothing but its descriptors.
/// </summary>
/// <param name="ownExecutable">The agent's program.</param>
/// <param name="deadline">How long a birth may take, 30 s by default.</param>
internal sealed class ExecNursery(string ownExecutable, TimeSpan? deadline = null)
{
    private readonly TimeSpan _deadline = deadline ?? TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _turn = new(1);
    private LiveZygote? _zygote;

    /// <summary>A new process, which runs <see cref="ExecSetup"/>. The caller reaps it.</summary>
    /// <param name="descriptors">Its descriptors, by their numbers.</param>
    /// <param name="namespaces">The namespaces that it is born into.</param>
    /// <exception cref="IOException">It was not born.</exception>
    /// <exception cref="LinuxException">There is no zygote, and none can be started.</exception>
    internal async Task<Pidfd> BearAsync(IReadOnlyList<SafeHandle> descriptors, NamespaceEntry[] namespaces)
    {
        using var late = new CancellationTokenSource(_deadline);
        try
        {
            await _turn.WaitAsync(late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new IOException("the processes asked for before were not born in time");
        }

        try
        {
            return await AskAsync(descriptors, namespaces, late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Retire();
            throw new IOException($"the process was not born within {_deadline.TotalSeconds} s");
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

        _zygote ??= LiveZygote.Start(ownExecutable, _deadline);
        try
        {
            await _zygote.OrderAsync(Zygote.Order(namespaces), [.. namespaces.Select(entry => entry.Handle!), .. descriptors], cancellation).ConfigureAwait(false);
            return await _zygote.TakeBornAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is LinuxException or EndOfStreamException)
        {
            Retire();
            throw;
        }
    }

    private void Retire()
    {
        _zygote?.Retire();
        _zygote = null;
    }
}

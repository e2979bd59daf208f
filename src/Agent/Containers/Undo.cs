using KataActors.Agent.Boot;
using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>Runs the compensation after a failure. Its own failure is only logged: the caller gets the first failure.</summary>
internal static class Undo
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    internal static async Task RunAsync(Func<CancellationToken, Task> undo)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            await undo(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is LinuxException or IOException or OperationCanceledException)
        {
            KernelLog.Warn($"undo: {failure.Message}");
        }
    }
}

using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>Launches beside other threads that start processes: until its execve(2) a child has a copy of every descriptor that was open when it was made.</summary>
public sealed class LaunchRaceSpecs
{
    private const int Launches = 100;
    private const string ShortProgram = "/bin/true";

    [Fact]
    public async Task Should_make_the_share_when_other_threads_start_processes_meanwhile()
    {
        using var vm = new RealVm();
        using var over = new CancellationTokenSource();
        Task[] others = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
            () => StartProcesses(over.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            for (var launch = 0; launch < Launches; launch++)
            {
                using var process = await new VmmLauncher().LaunchAsync(vm.Config with { QemuPath = ShortProgram }, null, Deadline.Span, Deadline.Token);
                await ReapAsync(process.Pidfd);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(others).WaitAsync(Deadline.Token);
        }
    }

    private static void StartProcesses(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            using var child = ProcessSpawner.Spawn(new SpawnRequest { Path = ShortProgram, Arguments = ["true"] });
            ReapAsync(child).GetAwaiter().GetResult();
        }
    }

    private static async Task ReapAsync(Pidfd child)
    {
        await child.WaitForExitAsync(Deadline.Token);
        child.TryReap();
    }
}

using KataActors.Agent.Setup;
using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>Spawns the first process of a container: this program again, born inside of the container's namespaces, in a cgroup below the parent.</summary>
internal sealed class ContainerLauncher(string ownExecutable, string cgroupParent)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private int _launched;

    /// <summary>Starts the process, which waits for its spec and for <see cref="SetupChannel.Prepare"/>. The caller owns the result.</summary>
    internal async Task<WaitingProcess> LaunchAsync(params NamespaceEntry[] namespaces)
    {
        // Only the agent sees this name, and the container's id is not known yet.
        var cgroup = ContainerCgroup.Create(cgroupParent, $"container-{Interlocked.Increment(ref _launched)}");
        try
        {
            return await LaunchAsync(cgroup, namespaces).ConfigureAwait(false);
        }
        catch
        {
            await Undo.RunAsync(cgroup.RemoveAsync).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<WaitingProcess> LaunchAsync(ContainerCgroup cgroup, NamespaceEntry[] namespaces)
    {
        var document = MemoryFiles.Create("spec");
        var (inputRead, inputWrite) = Descriptors.Pipe();
        var (outputRead, outputWrite) = Descriptors.Pipe();
        var (errorRead, errorWrite) = Descriptors.Pipe();
        var (stepRead, stepWrite) = Descriptors.Pipe();
        var (reportRead, reportWrite) = Descriptors.Pipe();
        var pipes = new ContainerPipes(inputWrite, outputRead, errorRead, stepWrite, reportRead);
        try
        {
            Descriptors.SetNonBlocking(reportRead);
            var request = new SpawnRequest
            {
                Path = ownExecutable,
                Arguments = ["kata-actors-agent", ContainerSetup.Verb],
                Descriptors = [inputRead, outputWrite, errorWrite, document, stepRead, reportWrite],
                NewSession = true,
            };
            var child = await NamespaceThread.RunAsync(() => ProcessSpawner.Spawn(request), s_deadline, namespaces).ConfigureAwait(false);
            var process = new WaitingProcess(new ContainerProcess(child), cgroup, pipes, document);
            try
            {
                cgroup.Enter(process.Process.Pid);
                return process;
            }
            catch
            {
                await Undo.RunAsync(process.EndAsync).ConfigureAwait(false);
                throw;
            }
        }
        catch
        {
            pipes.Dispose();
            document.Dispose();
            throw;
        }
        finally
        {
            // The child has its own copies by now; these would prevent the end of the pipes.
            foreach (var end in new[] { inputRead, outputWrite, errorWrite, stepRead, reportWrite })
            {
                end.Dispose();
            }
        }
    }
}

using System.Runtime.InteropServices;
using KataActors.Agent.Boot;
using KataActors.Agent.Setup;
using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>Starts the processes of containers: born inside of the container's namespaces, and moved into its cgroup at once.</summary>
internal sealed class ContainerLauncher(string ownExecutable, string cgroupParent)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly ExecNursery _nursery = new(ownExecutable);
    private int _launched;

    /// <summary>Starts the first process of a container, in a new cgroup below the parent. The caller owns the result.</summary>
    internal async Task<WaitingContainer> LaunchAsync(params NamespaceEntry[] namespaces)
    {
        // Only the agent sees this name, and the container's id is not known yet.
        var cgroup = ContainerCgroup.Create(cgroupParent, $"container-{Interlocked.Increment(ref _launched)}");
        try
        {
            return new WaitingContainer(await BearAsync(Spawn, cgroup.Enter, []).ConfigureAwait(false), cgroup);
        }
        catch
        {
            await Undo.RunAsync(cgroup.RemoveAsync).ConfigureAwait(false);
            throw;
        }

        Task<Pidfd> Spawn(IReadOnlyList<SafeHandle> descriptors)
        {
            var request = new SpawnRequest { Path = ownExecutable, Arguments = ["kata-actors-agent", ContainerSetup.Verb], Descriptors = descriptors, NewSession = true };
            return NamespaceThread.RunAsync(() => ProcessSpawner.Spawn(request), s_deadline, namespaces);
        }
    }

    /// <summary>Starts a further process of a container.</summary>
    /// <param name="cgroup">The container's.</param>
    /// <param name="first">The container's first process, whose cgroup is the second choice.</param>
    /// <param name="inside">The rest of the container, which the process enters by itself.</param>
    /// <param name="namespaces">The namespaces that it is born into.</param>
    internal Task<WaitingProcess> LaunchExecAsync(ContainerCgroup cgroup, ChildProcess first, ContainerInside inside, NamespaceEntry[] namespaces) =>
        BearAsync(descriptors => _nursery.BearAsync(descriptors, namespaces), pid => cgroup.Enter(pid, first.Pid), inside.Descriptors);

    private static async Task<WaitingProcess> BearAsync(Func<IReadOnlyList<SafeHandle>, Task<Pidfd>> bear, Action<int> enterCgroup, IReadOnlyList<SafeHandle> inherited)
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
            var child = await bear([inputRead, outputWrite, errorWrite, document, stepRead, reportWrite, KernelLog.Device, .. inherited]).ConfigureAwait(false);
            var process = new WaitingProcess(new ChildProcess(child), pipes, document);
            try
            {
                enterCgroup(process.Child.Pid);
                return process;
            }
            catch
            {
                await Undo.RunAsync(process.KillAsync).ConfigureAwait(false);
                process.Dispose();
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

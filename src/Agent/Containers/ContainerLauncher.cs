using Google.Protobuf;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>Spawns the first process of a container: this program again, born inside of the container's namespaces.</summary>
internal sealed class ContainerLauncher(string ownExecutable)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    /// <summary>Starts the process, which waits for <see cref="SetupChannel.Prepare"/>. The caller owns the pipes.</summary>
    internal async Task<(ContainerProcess Process, ContainerPipes Pipes)> LaunchAsync(Spec spec, params NamespaceEntry[] namespaces)
    {
        using var document = Document(spec.ToByteArray());
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
            var pid = await NamespaceThread.RunAsync(() => ProcessSpawner.Spawn(request), s_deadline, namespaces).ConfigureAwait(false);
            return (new ContainerProcess(pid), pipes);
        }
        catch
        {
            pipes.Dispose();
            throw;
        }
        finally
        {
            // The child has its own by now; these would keep the pipes from ever ending.
            foreach (var end in new[] { inputRead, outputWrite, errorWrite, stepRead, reportWrite })
            {
                end.Dispose();
            }
        }
    }

    // A file in memory, not a pipe: however long it is, nobody has to wait for the reader.
    private static SafeFileHandle Document(ReadOnlySpan<byte> bytes)
    {
        var file = MemoryFiles.CreateFixedSize("spec", bytes.Length);
        while (bytes.Length > 0)
        {
            bytes = bytes[Math.Max(0, Descriptors.TryWrite(file, bytes))..];
        }

        return file;
    }
}

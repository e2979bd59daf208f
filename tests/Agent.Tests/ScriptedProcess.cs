using KataActors.Agent.Containers;
using KataActors.Agent.Setup;
using KataActors.Linux;

namespace KataActors.Agent.Tests;

/// <summary>A process of a container without a container: a shell script of the host that reports as the agent's own process does.</summary>
internal static class ScriptedProcess
{
    private const string NextStep = "head -c 1 <&4 > /dev/null";

    /// <summary>A process whose preparation and program are shell commands.</summary>
    internal static WaitingProcess Launch(string program, string prepare = "printf r >&5")
    {
        var (inputRead, inputWrite) = Descriptors.Pipe();
        var (outputRead, outputWrite) = Descriptors.Pipe();
        var (errorRead, errorWrite) = Descriptors.Pipe();
        var (stepRead, stepWrite) = Descriptors.Pipe();
        var (reportRead, reportWrite) = Descriptors.Pipe();
        Descriptors.SetNonBlocking(reportRead);
        var document = MemoryFiles.Create("spec");
        var child = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = "/bin/sh",
            Arguments = ["sh", "-c", $"printf b >&5; {NextStep}; {prepare}; {NextStep}; {program}"],
            Environment = ["PATH=/usr/bin:/bin"],
            Descriptors = [inputRead, outputWrite, errorWrite, document, stepRead, reportWrite],
        });
        foreach (var end in new[] { inputRead, outputWrite, errorWrite, stepRead, reportWrite })
        {
            end.Dispose();
        }

        return new WaitingProcess(new ChildProcess(child), new ContainerPipes(inputWrite, outputRead, errorRead, stepWrite, reportRead), document);
    }

    /// <summary>The command that becomes a program, which closes the report.</summary>
    internal static string Becomes(string program) => $"exec 4<&- 5>&-; {program}";

    /// <summary>The command that ends without a program.</summary>
    internal static string Fails(string cause, int code) => $"printf '{(char)SetupChannel.InvalidRequest}{cause}' >&5; exit {code}";
}

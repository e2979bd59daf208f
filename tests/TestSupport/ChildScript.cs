using System.Runtime.InteropServices;
using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>A shell script run as a child through the production spawner, its output caught. Killed and reaped when disposed.</summary>
public sealed class ChildScript : IDisposable
{
    private readonly Stream _output;

    private ChildScript(Pidfd pidfd, Stream output)
    {
        Pidfd = pidfd;
        _output = output;
    }

    public int Pid => Pidfd.Pid;

    public Pidfd Pidfd { get; }

    /// <summary>Starts <c>/bin/sh -c script</c>; the descriptors become number 3 and up.</summary>
    public static ChildScript Start(string script, params SafeHandle?[] descriptors) => Start(script, newSession: false, descriptors);

    public static ChildScript Start(string script, bool newSession, params SafeHandle?[] descriptors)
    {
        var (read, write) = Descriptors.Pipe();
        using (write)
        {
            var pidfd = ProcessSpawner.Spawn(new SpawnRequest
            {
                Path = "/bin/sh",
                Arguments = ["sh", "-c", script],
                Environment = ["PATH=/usr/bin:/bin"],
                Descriptors = [null, write, write, .. descriptors],
                NewSession = newSession,
            });
            return new ChildScript(pidfd, new FileStream(read, FileAccess.Read, 1));
        }
    }

    /// <summary>Runs a script to its end and returns its output.</summary>
    public static async Task<string> RunAsync(string script, params SafeHandle?[] descriptors)
    {
        using var child = Start(script, descriptors);
        var output = await child.ReadToEndAsync();
        await child.Pidfd.WaitForExitAsync(Deadline.Token);
        return output;
    }

    public async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (await _output.ReadAsync(next, Deadline.Token) == 1 && next[0] != (byte)'\n')
        {
            line.Add(next[0]);
        }

        return System.Text.Encoding.UTF8.GetString(line.ToArray());
    }

    public async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(_output, leaveOpen: true);
        return await reader.ReadToEndAsync(Deadline.Token);
    }

    public void Dispose()
    {
        Pidfd.Signal(Signals.SIGKILL);
        Pidfd.WaitForExitAsync(Deadline.Token).GetAwaiter().GetResult();
        Pidfd.TryReap();
        Pidfd.Dispose();
        _output.Dispose();
    }
}

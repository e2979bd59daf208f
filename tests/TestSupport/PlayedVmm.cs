using System.Runtime.InteropServices;
using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>A process that is recognised as the QEMU of a VM: it waits, with a uuid on its command line. A child of the test process, killed when disposed.</summary>
public sealed class PlayedVmm : IDisposable
{
    /// <summary>The program that it runs, in QEMU's place.</summary>
    public const string Program = "/bin/sh";

    private readonly Pidfd _process;
    private readonly SafeHandle _input;

    private PlayedVmm(Guid uuid, Pidfd process, SafeHandle input)
    {
        Uuid = uuid;
        _process = process;
        _input = input;
    }

    public Guid Uuid { get; }

    public int Pid => _process.Pid;

    public static PlayedVmm Start() => Start(Guid.NewGuid());

    public static PlayedVmm Start(Guid uuid)
    {
        var (read, write) = Descriptors.Pipe();
        using (read)
        {
            var pidfd = ProcessSpawner.Spawn(new SpawnRequest
            {
                Path = Program,
                Arguments = ["sh", "-c", "read end", "-uuid", uuid.ToString("D")],
                Descriptors = [read],
            });
            // For some microseconds the new program has no command line yet.
            SpinWait.SpinUntil(() => ProcessFiles.CommandLine(pidfd.Pid).Length > 0, Deadline.Span);
            return new PlayedVmm(uuid, pidfd, write);
        }
    }

    public void Dispose()
    {
        _process.Signal(Signals.SIGKILL);
        _process.WaitForExitAsync(Deadline.Token).GetAwaiter().GetResult();
        _process.TryReap();
        _process.Dispose();
        _input.Dispose();
    }
}

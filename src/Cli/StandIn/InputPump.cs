using Google.Protobuf;
using KataActors.Cli.Daemon;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Copies stdin to the process, on a thread of its own because reading blocks. It begins with the container's start, so that the input of a
/// container that never runs stays for the next reader. An added process runs already.
/// </summary>
/// <param name="link">The daemon.</param>
/// <param name="process">The process.</param>
/// <param name="closesInput">Whether the end of stdin is that of the process's input. To a process with a terminal that would be the terminal's hang-up.</param>
internal sealed class InputPump(DaemonLink link, ContainerProcess process, bool closesInput)
{
    private const int ChunkBytes = 32 * 1024;
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);

    public void Start() => StandInThread.Start("stdin", Run);

    private void Run()
    {
        try
        {
            if (!process.IsFirst || WaitUntilStarted())
            {
                Copy();
            }
        }
        catch (TtrpcException)
        {
            // The process takes no more input, or is gone.
        }
    }

    private bool WaitUntilStarted()
    {
        var request = new StateRequest { Container = process.Container };
        for (var pause = s_shortestPause; ; pause = Longer(pause))
        {
            var state = link.Call(daemon => daemon.Call(ControlServiceNames.State, request, StateResponse.Parser, Deadlines.Query)).Container;
            if (state.Status is not ("creating" or "created"))
            {
                return state.Status != "stopped";
            }

            Thread.Sleep(pause);
        }
    }

    private void Copy()
    {
        using var source = new SafeFileHandle(0, ownsHandle: false);
        var buffer = new byte[ChunkBytes];
        ulong offset = 0;
        while (true)
        {
            var got = Read(source, buffer);
            if (got == 0)
            {
                CloseInput(offset);
                return;
            }

            Send(buffer.AsMemory(0, got), offset);
            offset += (ulong)got;
        }
    }

    private void CloseInput(ulong length)
    {
        if (closesInput)
        {
            var end = new CloseInputRequest { Container = process.Container, Process = process.Id, Offset = length };
            link.Call(daemon => daemon.Call(ControlServiceNames.CloseInput, end, CloseInputResponse.Parser, Deadlines.Change));
        }
    }

    // An unreadable input counts as ended.
    private static int Read(SafeFileHandle source, byte[] buffer)
    {
        try
        {
            return BlockingStreams.Read(source, buffer);
        }
        catch (LinuxException)
        {
            return 0;
        }
    }

    private void Send(ReadOnlyMemory<byte> data, ulong offset)
    {
        var pause = s_shortestPause;
        while (!data.IsEmpty)
        {
            // No copy needed: the buffer does not change before the call has ended.
            var request = new WriteInputRequest { Container = process.Container, Process = process.Id, Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(data) };
            var accepted = (int)link.Call(daemon => daemon.Call(ControlServiceNames.WriteInput, request, WriteInputResponse.Parser, Deadlines.Change)).Accepted;
            if (accepted == 0)
            {
                Thread.Sleep(pause);
                pause = Longer(pause);
                continue;
            }

            pause = s_shortestPause;
            data = data[Math.Min(accepted, data.Length)..];
            offset += (ulong)accepted;
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>The outcome of a <see cref="ProgramRun"/>.</summary>
/// <param name="Exit">The end of the program; null when it was killed because its time was over, or it was stopped.</param>
/// <param name="WasStopped">Whether the caller stopped it.</param>
/// <param name="Output">The end of its stdout and stderr, as they came.</param>
public sealed record ProgramOutcome(ProcessExit? Exit, bool WasStopped, string Output);

/// <summary>
/// Runs a program from its start to its end, on the calling thread alone: with a given input, within a time limit, in a session of its own that is killed
/// as a whole. Processes that the program leaves behind when it ends in time go on, and are not waited for.
/// </summary>
public static class ProgramRun
{
    private const int LongestOutput = 4096;
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(10);

    /// <summary>Runs it. The descriptors of <paramref name="request"/> are replaced by the input, and a pipe for the output.</summary>
    /// <param name="request">The program.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="limit">When it is killed.</param>
    /// <param name="stop">It is also killed when this can be read; null for none.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    public static ProgramOutcome Run(SpawnRequest request, ReadOnlySpan<byte> input, TimeSpan limit, SafeHandle? stop = null)
    {
        var start = Stopwatch.GetTimestamp();
        var (output, outputThere) = Descriptors.Pipe();
        using (output)
        {
            Descriptors.SetNonBlocking(output);
            using var child = Spawn(request, input, outputThere);
            var tail = new Tail(output);
            var exit = Await(child, tail, stop, () => limit - Stopwatch.GetElapsedTime(start));
            var wasStopped = exit is null && stop is not null && BlockingStreams.WaitReadable(stop, TimeSpan.Zero);
            if (exit is null)
            {
                Kill(child);
            }

            tail.Read();
            return new ProgramOutcome(exit, wasStopped, tail.Text);
        }
    }

    private static Pidfd Spawn(SpawnRequest request, ReadOnlySpan<byte> input, SafeFileHandle output)
    {
        // A file: the program may leave it unread, and no write has to wait for it.
        using (output)
        using (var file = MemoryFiles.Create("input"))
        {
            BlockingStreams.Write(file, input);
            Descriptors.Rewind(file);
            return ProcessSpawner.Spawn(request with { Descriptors = [file, output, output], NewSession = true });
        }
    }

    // Null: its time is over, or it is to stop.
    private static ProcessExit? Await(Pidfd child, Tail tail, SafeHandle? stop, Func<TimeSpan> left)
    {
        while (true)
        {
            // The ended pipe could always be read.
            var time = left();
            SafeHandle[] awaited = [child.Handle, .. tail.HasEnded ? [] : new[] { tail.Pipe }, .. stop is null ? [] : new[] { stop }];
            _ = BlockingStreams.WaitReadable(awaited, time > TimeSpan.Zero ? time : TimeSpan.Zero);
            tail.Read();
            if (child.TryReap() is { } exit)
            {
                return exit;
            }

            if (time <= TimeSpan.Zero || (stop is not null && BlockingStreams.WaitReadable(stop, TimeSpan.Zero)))
            {
                return null;
            }
        }
    }

    private static void Kill(Pidfd child)
    {
        // Its session is a process group, whose number is not reused until it is reaped.
        _ = kill(-child.Pid, Signals.SIGKILL);
        _ = BlockingStreams.WaitReadable(child.Handle, s_farewell);
        _ = child.TryReap();
    }

    /// <summary>The end of what comes out of a pipe.</summary>
    private sealed class Tail(SafeFileHandle pipe)
    {
        // Enough for all that a pipe holds by default, 64 KiB.
        private const int MostReads = 16;

        private readonly byte[] _buffer = new byte[2 * LongestOutput];
        private int _length;

        public SafeFileHandle Pipe => pipe;

        public bool HasEnded { get; private set; }

        public string Text => Encoding.UTF8.GetString(_buffer, Math.Max(0, _length - LongestOutput), Math.Min(_length, LongestOutput)).Trim();

        /// <summary>Takes what is there, within bounds: a program may write without end.</summary>
        public void Read()
        {
            int read;
            for (var i = 0; i < MostReads && !HasEnded && (read = Descriptors.TryRead(pipe, _buffer.AsSpan(_length))) >= 0; i++)
            {
                HasEnded = read == 0;
                _length += read;
                if (_length > LongestOutput)
                {
                    _buffer.AsSpan(_length - LongestOutput, LongestOutput).CopyTo(_buffer);
                    _length = LongestOutput;
                }
            }
        }
    }
}

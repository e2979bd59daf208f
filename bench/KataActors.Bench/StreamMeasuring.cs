using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Bench;

/// <summary>A GiB through the stdout and the stdin of an added process, compared byte by byte at its end, beside runc.</summary>
internal sealed class StreamMeasuring(Daemon daemon, Sandbox sandbox, RuncContainer peer, Workspace workspace, CancellationToken cancellation)
{
    private const int ChunkBytes = 16 * 1024 * 1024;
    private const int Chunks = 64;

    // The place of the chunk in the container, on a tmpfs.
    private const string Place = "/dev/chunk";
    private const string Out = $"i=0; while [ $i -lt 64 ]; do cat {Place}; i=$((i+1)); done";
    private const string In = $"i=0; while [ $i -lt 64 ]; do dd bs=65536 count=256 iflag=fullblock 2>/dev/null | cmp -s - {Place} || exit 1; i=$((i+1)); done";

    private readonly byte[] _chunk = RandomNumberGenerator.GetBytes(ChunkBytes);

    public async Task<ImmutableArray<StreamPair>> RunAsync()
    {
        var file = workspace.NewPath("chunk");
        await File.WriteAllBytesAsync(file, _chunk, cancellation).ConfigureAwait(false);
        using (var content = File.OpenHandle(file))
        {
            await RunAsync(content, OurCommand($"cat > {Place}", null)).ConfigureAwait(false);
        }

        using (var content = File.OpenHandle(file))
        {
            await RunAsync(content, PeerCommand($"cat > {Place}")).ConfigureAwait(false);
        }

        Console.Error.WriteLine("bench: 1 GiB through stdout");
        var (ours, memory) = await OutAsync(OurCommand, daemon.Pid).ConfigureAwait(false);
        var (peers, _) = await OutAsync((script, pidFile) => PeerCommand(script), null).ConfigureAwait(false);
        var stdout = new StreamPair("stdout", ours, peers, memory);
        Console.Error.WriteLine("bench: 1 GiB through stdin");
        (ours, memory) = await InAsync(OurCommand, daemon.Pid).ConfigureAwait(false);
        (peers, _) = await InAsync((script, pidFile) => PeerCommand(script), null).ConfigureAwait(false);
        return [stdout, new StreamPair("stdin", ours, peers, memory)];
    }

    private string[] OurCommand(string script, string? pidFile) =>
        daemon.Command([.. (string[])["exec"], .. pidFile is null ? Array.Empty<string>() : ["--pid-file", pidFile], sandbox.Id, "sh", "-c", script]);

    private string[] PeerCommand(string script) => peer.Command("exec", peer.Id, "sh", "-c", script);

    private async Task RunAsync(SafeFileHandle input, string[] command)
    {
        using var errors = new OutputFile(workspace.NewPath("errors"));
        await ChildProcess.TimeAsync(command, errors, cancellation, input).ConfigureAwait(false);
    }

    private async Task<(double MibPerSecond, PeakMemory? Memory)> OutAsync(Func<string, string?, string[]> command, int? daemonPid)
    {
        var pidFile = workspace.NewPath("pid");
        var (here, there) = Descriptors.Pipe();
        using (here)
        {
            var peak = PeakMemory.Begin(daemonPid);
            var begin = Stopwatch.GetTimestamp();
            Task<TimeSpan> running;
            using (there)
            {
                using var errors = new OutputFile(workspace.NewPath("errors"));
                running = ChildProcess.TimeAsync(command(Out, pidFile), errors, cancellation, output: there);
            }

            await Task.Run(() => Compare(here, () => peak?.Look(pidFile)), cancellation).ConfigureAwait(false);
            await running.ConfigureAwait(false);
            return (Rate(begin), peak);
        }
    }

    private async Task<(double MibPerSecond, PeakMemory? Memory)> InAsync(Func<string, string?, string[]> command, int? daemonPid)
    {
        var pidFile = workspace.NewPath("pid");
        var (there, here) = Descriptors.Pipe();
        var peak = PeakMemory.Begin(daemonPid);
        using var errors = new OutputFile(workspace.NewPath("errors"));
        var begin = Stopwatch.GetTimestamp();
        Task<TimeSpan> running;
        using (there)
        {
            running = ChildProcess.TimeAsync(command(In, pidFile), errors, cancellation, input: there);
        }

        await Task.Run(
            () =>
            {
                using (here)
                {
                    for (var i = 0; i < Chunks; i++)
                    {
                        BlockingStreams.Write(here, _chunk);
                    }

                    peak?.Look(pidFile);
                }
            },
            cancellation).ConfigureAwait(false);
        await running.ConfigureAwait(false);
        return (Rate(begin), peak);
    }

    private static double Rate(long begin) => (double)ChunkBytes / 1024 / 1024 * Chunks / Stopwatch.GetElapsedTime(begin).TotalSeconds;

    private void Compare(SafeFileHandle output, Action beforeEnd)
    {
        var buffer = new byte[1024 * 1024];
        var total = 0L;
        for (int read; (read = BlockingStreams.Read(output, buffer)) > 0;)
        {
            for (var done = 0; done < read;)
            {
                var at = (int)((total + done) % ChunkBytes);
                var length = Math.Min(read - done, ChunkBytes - at);
                if (!buffer.AsSpan(done, length).SequenceEqual(_chunk.AsSpan(at, length)))
                {
                    throw new BenchException($"the stream differs after {total.ToString(CultureInfo.InvariantCulture)} bytes");
                }

                done += length;
            }

            var before = total;
            total += read;
            if (before < (long)ChunkBytes * (Chunks - 1) && total >= (long)ChunkBytes * (Chunks - 1))
            {
                beforeEnd();
            }
        }

        if (total != (long)ChunkBytes * Chunks)
        {
            throw new BenchException($"{total.ToString(CultureInfo.InvariantCulture)} bytes came");
        }
    }
}

/// <summary>A stream of a GiB.</summary>
/// <param name="Name">The stream.</param>
/// <param name="Ours">Our MiB in a second.</param>
/// <param name="Peers">The peer's.</param>
/// <param name="Memory">The peaks of daemon and stand-in during ours.</param>
internal sealed record StreamPair(string Name, double Ours, double Peers, PeakMemory? Memory);

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
        foreach (var command in (string[][])[OurCommand($"cat > {Place}"), PeerCommand($"cat > {Place}")])
        {
            using var content = File.OpenHandle(file);
            using var errors = new OutputFile(workspace.NewPath("errors"));
            await ChildProcess.TimeAsync(command, errors, cancellation, content).ConfigureAwait(false);
        }

        return [await PairAsync("stdout", OutAsync, Out).ConfigureAwait(false), await PairAsync("stdin", InAsync, In).ConfigureAwait(false)];
    }

    private async Task<StreamPair> PairAsync(string name, Func<string[], Task<double>> stream, string script)
    {
        Console.Error.WriteLine($"bench: 1 GiB through {name}");
        double ours = 0, peers = 0;
        var memory = await PeakMemory.OfOursAsync(daemon, sandbox, async () => ours = await stream(OurCommand(script)).ConfigureAwait(false), cancellation)
            .ConfigureAwait(false);
        var peersMemory = await PeakMemory.OfPeersAsync(async () => peers = await stream(PeerCommand(script)).ConfigureAwait(false), cancellation)
            .ConfigureAwait(false);
        return new StreamPair(name, ours, peers, memory, peersMemory);
    }

    private string[] OurCommand(string script) => daemon.Command("exec", sandbox.Id, "sh", "-c", script);

    private string[] PeerCommand(string script) => peer.Command("exec", peer.Id, "sh", "-c", script);

    private async Task<double> OutAsync(string[] command)
    {
        var (here, there) = Descriptors.Pipe();
        using (here)
        {
            using var errors = new OutputFile(workspace.NewPath("errors"));
            var begin = Stopwatch.GetTimestamp();
            Task<TimeSpan> running;
            using (there)
            {
                running = ChildProcess.TimeAsync(command, errors, cancellation, output: there);
            }

            await Task.Run(() => Compare(here), cancellation).ConfigureAwait(false);
            await running.ConfigureAwait(false);
            return Rate(begin);
        }
    }

    private async Task<double> InAsync(string[] command)
    {
        var (there, here) = Descriptors.Pipe();
        using var errors = new OutputFile(workspace.NewPath("errors"));
        var begin = Stopwatch.GetTimestamp();
        Task<TimeSpan> running;
        using (there)
        {
            running = ChildProcess.TimeAsync(command, errors, cancellation, input: there);
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
                }
            },
            cancellation).ConfigureAwait(false);
        await running.ConfigureAwait(false);
        return Rate(begin);
    }

    private static double Rate(long begin) => (double)ChunkBytes / 1024 / 1024 * Chunks / Stopwatch.GetElapsedTime(begin).TotalSeconds;

    private void Compare(SafeFileHandle output)
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

            total += read;
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
/// <param name="Memory">The peaks during ours.</param>
/// <param name="PeersMemory">The peaks during the peer's.</param>
internal sealed record StreamPair(string Name, double Ours, double Peers, PeakMemory Memory, PeakMemory PeersMemory);

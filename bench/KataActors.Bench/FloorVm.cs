using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Bench;

/// <summary>
/// The floor of a cold start: QEMU as a sandbox has it, less every device that the agent does not need, from its start to the agent's first answer.
/// </summary>
internal sealed class FloorVm
{
    private const string AgentChardev = "socket,id=agent,";
    private const int FirstDescriptor = 3;

    private readonly string[] _arguments;
    private readonly int _descriptor;

    private FloorVm(string[] arguments, int descriptor)
    {
        _arguments = arguments;
        _descriptor = descriptor;
    }

    /// <summary>Derives the floor's command line from that of a sandbox's running VMM.</summary>
    public static FloorVm Of(int vmmPid)
    {
        var own = File.ReadAllText($"/proc/{vmmPid.ToString(CultureInfo.InvariantCulture)}/cmdline").TrimEnd('\0').Split('\0');
        var arguments = new List<string> { own[0] };
        var descriptor = 0;
        for (var i = 1; i < own.Length; i++)
        {
            var value = i + 1 < own.Length && !own[i + 1].StartsWith('-') ? own[i + 1] : null;
            if (IsNeeded(own[i], value))
            {
                arguments.AddRange(value is null ? [own[i]] : [own[i], value]);
                descriptor = value?.StartsWith(AgentChardev, StringComparison.Ordinal) == true ? DescriptorOf(value) : descriptor;
            }

            i += value is null ? 0 : 1;
        }

        return descriptor >= FirstDescriptor
            ? new FloorVm([.. arguments], descriptor)
            : throw new BenchException($"the command line of QEMU names no agent channel: {string.Join(' ', own)}");
    }

    /// <summary>Boots once: the time to the agent's first answer, and the agent's resident set then, in KiB.</summary>
    public async Task<(TimeSpan Time, ulong AgentRssKib)> BootAsync(Workspace workspace, CancellationToken cancellation)
    {
        var path = workspace.NewPath("agent");
        using var errors = new OutputFile(workspace.NewPath("qemu"));
        try
        {
            var begin = Stopwatch.GetTimestamp();
            using var listener = UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await using var qemu = ChildProcess.Start(
                _arguments, [null, null, errors.Handle, .. Enumerable.Repeat<SafeHandle?>(null, _descriptor - FirstDescriptor), listener.SafeHandle]);
            var stream = await AgentChannel.ConnectAsync(
                async token => new NetworkStream(await UnixSockets.ConnectAsync(path, Limits.Boot, token).ConfigureAwait(false), ownsSocket: true),
                Limits.Boot,
                ChannelTiming.Boot,
                cancellation).ConfigureAwait(false);
            await using var client = new TtrpcClient(new StreamTransport(stream));
            var agent = new AgentClient(client);
            await agent.CheckAsync(new CheckRequest(), Limits.Call, cancellation).ConfigureAwait(false);
            var time = Stopwatch.GetElapsedTime(begin);
            var details = await agent.GetGuestDetailsAsync(new GuestDetailsRequest(), Limits.Call, cancellation).ConfigureAwait(false);
            return (time, details.AgentRssKib);
        }
        catch (TtrpcException failure)
        {
            throw new BenchException($"floor: {failure.Message} {errors.Text.Trim()}");
        }
    }

    private static bool IsNeeded(string flag, string? value) => flag switch
    {
        "-name" or "-uuid" or "-sandbox" or "-fsdev" or "-mon" => false,
        "-chardev" => value!.StartsWith(AgentChardev, StringComparison.Ordinal),
        "-device" => value!.StartsWith("virtio-serial-", StringComparison.Ordinal) || value.StartsWith("virtserialport,", StringComparison.Ordinal),
        "-object" => value!.StartsWith("memory-backend-", StringComparison.Ordinal),
        _ => true,
    };

    private static int DescriptorOf(string chardev) => chardev.Split(',')
        .Where(part => part.StartsWith("fd=", StringComparison.Ordinal))
        .Select(part => int.TryParse(part[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .FirstOrDefault();
}

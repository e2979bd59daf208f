using System.Globalization;
using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Rpc;

/// <summary>Takes CPUs on-line and off-line. A CPU appears a moment after it was plugged.</summary>
internal static class GuestCpus
{
    internal const string Folder = "/sys/devices/system/cpu";

    private const string Off = "0";
    private const string On = "1";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Carries the request out. The kernel takes plugged memory on-line by itself (CONFIG_MEMORY_HOTPLUG_DEFAULT_ONLINE).</summary>
    internal static Task SetAsync(OnlineCPUMemRequest request, CancellationToken cancellation, string folder = Folder)
    {
        if (request.OnlineCpus > 0)
        {
            return HaveAsync(folder, (int)Math.Min(request.OnlineCpus, int.MaxValue), cancellation);
        }

        if (request.NbCpus == 0)
        {
            BringOnline(folder, int.MaxValue);
            return Task.CompletedTask;
        }

        var count = (int)Math.Min(request.NbCpus, int.MaxValue);
        if (request.Wait)
        {
            return AddAsync(folder, count, cancellation);
        }

        _ = AddAsync(folder, count, CancellationToken.None).ContinueWith(
            failed => KernelLog.Warn(failed.Exception!.InnerException!.Message),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        return Task.CompletedTask;
    }

    private static async Task HaveAsync(string folder, int wanted, CancellationToken cancellation)
    {
        var online = Cpus(folder).Where(cpu => !IsOff(cpu)).Reverse().ToArray();
        if (online.Length < wanted)
        {
            await AddAsync(folder, wanted - online.Length, cancellation).ConfigureAwait(false);
            return;
        }

        foreach (var cpu in online.Take(online.Length - wanted))
        {
            KernelFiles.Write($"{cpu}/online", Off);
        }
    }

    private static async Task AddAsync(string folder, int wanted, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_deadline);
        var left = wanted;
        try
        {
            while ((left -= BringOnline(folder, left)) > 0)
            {
                await Task.Delay(s_pause, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failures.Late($"{left} of {wanted} CPUs did not appear within {s_deadline.TotalSeconds} s");
        }
    }

    private static int BringOnline(string folder, int most)
    {
        var count = 0;
        foreach (var cpu in Cpus(folder).Where(IsOff))
        {
            if (count == most)
            {
                break;
            }

            KernelFiles.Write($"{cpu}/online", On);
            count++;
        }

        return count;
    }

    private static IEnumerable<string> Cpus(string folder) => Directory.GetDirectories(folder, "cpu*").Where(IsCpu).OrderBy(Number);

    private static bool IsCpu(string path) => Path.GetFileName(path) is ['c', 'p', 'u', .. { Length: > 0 } number] && number.All(char.IsAsciiDigit);

    private static int Number(string path) => int.Parse(Path.GetFileName(path).AsSpan(3), CultureInfo.InvariantCulture);

    // The first CPU has no such file when it cannot be taken off-line.
    private static bool IsOff(string cpu) => KernelFiles.Exists($"{cpu}/online") && KernelFiles.Read($"{cpu}/online").TrimEnd('\n') == Off;
}

using System.Globalization;
using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Rpc;

/// <summary>Takes hot-plugged CPUs into use. A CPU that is unplugged the kernel puts off-line by itself.</summary>
internal static class GuestCpus
{
    internal const string Folder = "/sys/devices/system/cpu";

    private const string Offline = "0";
    private const string Online = "1";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Brings as many CPUs on-line as the request says. They appear a moment after they were plugged.</summary>
    internal static async Task OnlineAsync(OnlineCPUMemRequest request, CancellationToken cancellation, string folder = Folder)
    {
        // Memory, which a request may also be about, the kernel takes by itself (CONFIG_MEMORY_HOTPLUG_DEFAULT_ONLINE).
        if (request.NbCpus == 0)
        {
            _ = OnlineNow(folder, int.MaxValue);
            return;
        }

        var work = OnlineAsync(folder, (int)Math.Min(request.NbCpus, int.MaxValue), request.Wait ? cancellation : CancellationToken.None);
        if (request.Wait)
        {
            await work.ConfigureAwait(false);
        }
        else
        {
            _ = work.ContinueWith(
                failed => KernelLog.Warn(failed.Exception!.InnerException!.Message),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
        }
    }

    private static async Task OnlineAsync(string folder, int wanted, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_deadline);
        var left = wanted;
        try
        {
            while ((left -= OnlineNow(folder, left)) > 0)
            {
                await Task.Delay(s_pause, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failures.Late($"{left} of {wanted} CPUs did not appear within {s_deadline.TotalSeconds} s");
        }
    }

    private static int OnlineNow(string folder, int most)
    {
        var count = 0;
        foreach (var cpu in Directory.GetDirectories(folder, "cpu*").Where(IsCpu).OrderBy(Number))
        {
            if (count < most && IsOffline(cpu))
            {
                KernelFiles.Write($"{cpu}/online", Online);
                count++;
            }
        }

        return count;
    }

    private static bool IsCpu(string path) => Path.GetFileName(path) is ['c', 'p', 'u', .. { Length: > 0 } number] && number.All(char.IsAsciiDigit);

    private static int Number(string path) => int.Parse(Path.GetFileName(path).AsSpan(3), CultureInfo.InvariantCulture);

    // The first one has no such file where it cannot be put off-line.
    private static bool IsOffline(string cpu) => KernelFiles.Exists($"{cpu}/online") && KernelFiles.Read($"{cpu}/online").TrimEnd('\n') == Offline;
}

using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor;

/// <summary>
/// Brings a VM to a number of vCPUs, at most to the number of its places. The last plugged one goes first; vCPUs of the command line stay. A vCPU that
/// the guest does not release before the deadline stays.
/// </summary>
/// <param name="monitor">The VM's monitor.</param>
/// <param name="settings">The deadlines.</param>
/// <param name="accelerator">
/// Under translation nothing is unplugged: QEMU 7.2 ends with a failed assertion or a crash when a vCPU is plugged after another one was unplugged, since its
/// count of translation contexts only grows. An unused vCPU costs a sleeping thread.
/// </param>
internal sealed class VcpuHotplug(QmpClient monitor, HypervisorSettings settings, Accelerator accelerator)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Plugs and unplugs, then queries the threads, also after a failure.</summary>
    /// <exception cref="QmpException">The threads cannot be queried.</exception>
    public async Task<HypervisorProtocol.VcpusSet> SetAsync(int count, CancellationToken cancellation)
    {
        string? shortfall;
        try
        {
            shortfall = await ChangeAsync(count, cancellation).ConfigureAwait(false);
        }
        catch (QmpException e) when (e.Kind is QmpFailureKind.CommandFailed or QmpFailureKind.TimedOut)
        {
            shortfall = $"monitor: {e.Message}";
        }

        var threads = await monitor.QueryVcpuThreadsAsync(settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
        return new HypervisorProtocol.VcpusSet(threads, shortfall);
    }

    private async Task<string?> ChangeAsync(int count, CancellationToken cancellation)
    {
        var slots = await monitor.QueryVcpuSlotsAsync(settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
        // A VM keeps its number of places when the configuration changes.
        var missing = Math.Min(count, slots.Length) - slots.Count(slot => slot.DevicePath is not null);
        foreach (var slot in slots.Where(slot => slot.DevicePath is null).Take(missing))
        {
            await monitor.AddVcpuAsync(slot, settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
            missing--;
        }

        if (accelerator == Accelerator.Tcg)
        {
            return null;
        }

        var leaving = slots.Select(slot => slot.HotPluggedId).OfType<string>().Reverse().Take(-missing).ToArray();
        return leaving.Length > 0 ? await RemoveAsync(leaving, cancellation).ConfigureAwait(false) : null;
    }

    private async Task<string?> RemoveAsync(string[] ids, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)settings.UnplugTimeout.TotalMilliseconds;
        foreach (var id in ids)
        {
            try
            {
                await monitor.RemoveDeviceAsync(id, settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
            }
            catch (QmpException e) when (e.Kind == QmpFailureKind.CommandFailed)
            {
                // An earlier request may still be under way; in any case the wait decides.
            }
        }

        while (true)
        {
            var slots = await monitor.QueryVcpuSlotsAsync(settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
            var left = slots.Select(slot => slot.HotPluggedId).OfType<string>().Intersect(ids).Count();
            if (left == 0)
            {
                return null;
            }

            if (Environment.TickCount64 >= end)
            {
                return $"the guest has not let go of {left} of {ids.Length} vCPUs within {settings.UnplugTimeout.TotalSeconds} s";
            }

            await Task.Delay(s_pause, cancellation).ConfigureAwait(false);
        }
    }
}

using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor;

/// <summary>
/// Plugs network interfaces into a VM: into a q35 as the functions of one device at its root port, since each further root port would slow the boot; into a pc each as
/// a device of its own.
/// </summary>
/// <param name="monitor">The VM's monitor.</param>
/// <param name="settings">The deadlines.</param>
/// <param name="config">The VM.</param>
internal sealed class InterfaceHotplug(QmpClient monitor, HypervisorSettings settings, VmConfig config)
{
    // PCI gives a device no more.
    private const int MostFunctions = 8;

    /// <summary>Plugs all interfaces of a VM without any.</summary>
    /// <exception cref="QmpException">QEMU refuses; the VM may have some of them.</exception>
    public async Task<object> PlugAsync(HypervisorProtocol.PlugInterfaces plug, CancellationToken cancellation)
    {
        var places = config.RootPortCount == 0 && config.Machine == MachineType.Q35 ? 0 : MostFunctions;
        if (plug.Interfaces.Length > places)
        {
            return new HypervisorFailure(plug, new(FailureCode.ResourceExhausted, $"the VM has places for {places} network interfaces, not for {plug.Interfaces.Length}"));
        }

        // The guest looks at the functions of a device when the first one appears.
        for (var number = plug.Interfaces.Length - 1; number >= 0; number--)
        {
            var (hardwareAddress, tap) = plug.Interfaces[number];
            var id = $"net{number}";
            await monitor.AddTapAsync(id, tap, settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
            await monitor.AddInterfaceAsync(
                id, hardwareAddress, config.Machine == MachineType.Q35 ? number : null, config.Accelerator, settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
        }

        return new HypervisorProtocol.InterfacesPlugged();
    }
}

using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Linux.Guest;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Boot;

/// <summary>PID 1: prepares the guest and serves the host until the VM is stopped. It never returns to the kernel, which would panic.</summary>
internal static class GuestInit
{
    private const int NotPidOne = 2;
    private const int StandardError = 2;

    /// <summary>Runs for the life of the guest.</summary>
    internal static int Run()
    {
        if (Environment.ProcessId != 1)
        {
            using var error = new SafeFileHandle(StandardError, ownsHandle: false);
            _ = Descriptors.TryWrite(error, "kata-actors-agent: runs as the first process of a guest only\n"u8);
            return NotPidOne;
        }

        AppDomain.CurrentDomain.UnhandledException += (_, failure) => Abandon(failure.ExceptionObject);
        try
        {
            NativeHeap.ShareArena();
            GuestMounts.MountAll();
            KernelLog.Open();
            KernelModules.Load();
            GuestCgroups.Prepare();

            // Each process of a container takes some; the kernel's limit for its first process is 4096.
            Prepare("open files", () => ResourceLimits.Apply([]));
            Prepare("quota", GuestCgroups.HoldQuota);
            Prepare("device rules", GuestCgroups.HoldDeviceRules);
            Prepare("loopback", () => GuestKernel.BringUp("lo"));
            HostChannel.ServeAsync().GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            Abandon(failure);
        }

        return 0;
    }

    // The failure of an optional step is logged and ignored.
    private static void Prepare(string what, Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException failure)
        {
            KernelLog.Warn($"{what}: {failure.Message}");
        }
    }

    // Ends the VM, with the cause in the console's log, instead of leaving a hung guest.
    private static void Abandon(object failure)
    {
        KernelLog.Error($"agent failed: {failure}");
        GuestKernel.PowerOff();
    }
}

namespace KataActors.Model;

/// <summary>The kernel command line of a guest: the defaults, then the user's parameters, which win.</summary>
internal static class GuestKernelParameters
{
    /// <summary>The whole command line.</summary>
    public static string CommandLine(VmConfig config) => string.Join(' ', Defaults(config).Concat(config.KernelParameters));

    private static IEnumerable<string> Defaults(VmConfig config)
    {
        // A panic resets at once, and -no-reboot turns the reset into QEMU's end, so no dead guest is left.
        yield return "panic=-1";
        yield return "reboot=k";
        yield return "tsc=reliable";
        yield return "no_timer_check";

        // A new cgroup, a move into it and an unmount each wait for a grace period, which otherwise takes some ticks of 100 Hz.
        yield return "rcupdate.rcu_expedited=1";
        if (config.Accelerator == Accelerator.Tcg)
        {
            // Under translation the calibration of the delay loop takes most of the time of a boot and of a vCPU's onlining.
            yield return "lpj=4000000";

            // Otherwise the kernel patches itself each time all of its CPUs become busy, or cease to be. QEMU before 8.1 may keep the translation of the
            // patch's breakpoint, and a vCPU then hangs there.
            yield return "no_ipi_broadcast=1";
        }

        if (config.DebugConsole)
        {
            yield return "console=ttyS0";
        }
        else
        {
            yield return "quiet";
        }
    }
}

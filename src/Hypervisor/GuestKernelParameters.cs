namespace KataActors.Hypervisor;

/// <summary>The kernel command line of a guest: defaults first, then the user's, so that the user's win.</summary>
internal static class GuestKernelParameters
{
    /// <summary>The whole command line.</summary>
    public static string CommandLine(VmConfig config) => string.Join(' ', Defaults(config).Concat(config.KernelParameters));

    private static IEnumerable<string> Defaults(VmConfig config)
    {
        // A panic resets at once, and -no-reboot makes that QEMU's end: nobody waits for a dead guest.
        yield return "panic=-1";
        yield return "reboot=k";
        yield return "tsc=reliable";
        yield return "no_timer_check";

        // A new cgroup, a move into it and an unmount each wait for a grace period, which else takes some 100 Hz ticks.
        yield return "rcupdate.rcu_expedited=1";
        if (config.Accelerator == Accelerator.Tcg)
        {
            // Calibration of the delay loop is what boot and vCPU onlining spend most of their time on under translation.
            yield return "lpj=4000000";

            // Else the kernel patches itself whenever all of its CPUs are in use, or not any more. QEMU before 8.1 may translate what was there before,
            // and a vCPU then runs into the patch's breakpoint for ever.
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

using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Agent.Boot;

/// <summary>Loads the kernel modules that the initramfs lists, one path a line in load order. A kernel with everything built in has no list.</summary>
internal static class KernelModules
{
    private const string ListFile = "/etc/kata-actors/modules";

    internal static void Load()
    {
        if (!KernelFiles.Exists(ListFile))
        {
            return;
        }

        foreach (var line in KernelFiles.Read(ListFile).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            try
            {
                GuestKernel.LoadModule(line);
            }
            catch (LinuxException failure)
            {
                // A missing module may not be needed; otherwise its user reports the failure.
                KernelLog.Warn(failure.Message);
            }
        }
    }
}

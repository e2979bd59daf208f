using System.Diagnostics.CodeAnalysis;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>The host's support for virtualization, and the choice of accelerator that follows from it.</summary>
/// <param name="KvmProblem">Why <c>/dev/kvm</c> cannot be opened; null when it can.</param>
/// <param name="HasExtensions">The CPU has vmx or svm.</param>
public sealed record HostVirtualization(string? KvmProblem, bool HasExtensions)
{
    private const string KvmDevice = "/dev/kvm";

    /// <summary>Asks this host. Reads <c>/proc/cpuinfo</c> and opens <c>/dev/kvm</c> for a moment.</summary>
    /// <exception cref="LinuxException">The process is out of descriptors or memory, so nothing is known about KVM.</exception>
    public static HostVirtualization Probe() => new(ProbeKvm(), HasVirtualizationFlag(ReadCpuFlags()));

    /// <summary>
    /// Decides on the accelerator. A <c>/dev/kvm</c> on a CPU without vmx or svm is a software emulation that ordinary kernels do not
    /// boot on, so <see cref="AcceleratorChoice.Auto"/> requires both.
    /// </summary>
    /// <returns>False, with the reason, when KVM is demanded but not available.</returns>
    public bool TryResolve(AcceleratorChoice choice, out Accelerator accelerator, [NotNullWhen(false)] out string? error)
    {
        error = null;
        switch (choice)
        {
            case AcceleratorChoice.Auto:
                accelerator = KvmProblem is null && HasExtensions ? Accelerator.Kvm : Accelerator.Tcg;
                return true;
            case AcceleratorChoice.Kvm when KvmProblem is not null:
                accelerator = default;
                error = $"accelerator \"kvm\": {KvmProblem}";
                return false;
            case AcceleratorChoice.Kvm:
                accelerator = Accelerator.Kvm;
                return true;
            default:
                accelerator = Accelerator.Tcg;
                return true;
        }
    }

    /// <summary>True when a flags line of <c>/proc/cpuinfo</c> holds vmx or svm as a word.</summary>
    public static bool HasVirtualizationFlag(string flagsLine) =>
        flagsLine.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(flag => flag is "vmx" or "svm");

    private static string? ProbeKvm()
    {
        try
        {
            using var device = Descriptors.Open(KvmDevice, OpenFlags.ReadWrite);
            return null;
        }
        catch (LinuxException e) when (!Errno.IsShortage(e.Errno))
        {
            return $"cannot open \"{KvmDevice}\": {e.Cause}";
        }
    }

    private static string ReadCpuFlags() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";
}

using KataActors.Agent.Containers;
using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Agent.Boot;

/// <summary>The guest's cgroup v2 tree: containers live below <c>kata</c>, each with those of these controllers that the kernel has.</summary>
internal static class GuestCgroups
{
    internal const string ContainersFolder = GuestMounts.CgroupRoot + "/kata";

    private const string QuotaFolder = GuestMounts.CgroupRoot + "/quota";

    // Of all containers together.
    private const int MostGroups = 4096;

    private static readonly string[] s_controllers = ["cpu", "memory", "pids", "cpuset", "io"];

    internal static void Prepare()
    {
        KernelFiles.MakeDirectory(ContainersFolder, GuestMounts.FolderMode);
        EnableControllers(GuestMounts.CgroupRoot);
        EnableControllers(ContainersFolder);

        // A container may make groups of its own, and the agent has to remove them.
        KernelFiles.Write($"{ContainersFolder}/cgroup.max.depth", $"{FolderTree.MostLevels}");
        KernelFiles.Write($"{ContainersFolder}/cgroup.max.descendants", $"{MostGroups}");
    }

    /// <summary>
    /// Gives an empty group a quota. A kernel with jump labels patches its scheduler at the first quota, and again when the last one goes; a vCPU of QEMU
    /// before 8.1 may then hang at the patch's breakpoint. With this group the patch happens once, before there are other vCPUs.
    /// </summary>
    internal static void HoldQuota()
    {
        KernelFiles.MakeDirectory(QuotaFolder, GuestMounts.FolderMode);
        KernelFiles.Write($"{QuotaFolder}/cpu.max", "100000");
    }

    /// <summary>Gives the same group device rules, for the same reason: a kernel with jump labels patches itself at the first program of this kind.</summary>
    internal static void HoldDeviceRules()
    {
        using var program = DevicePrograms.Load(DeviceProgram.Of([]));
        DevicePrograms.Attach(program, QuotaFolder, replaced: null);
    }

    private static void EnableControllers(string folder)
    {
        var wanted = "";
        foreach (var controller in KernelFiles.Read($"{folder}/cgroup.controllers").TrimEnd('\n').Split(' '))
        {
            if (Array.IndexOf(s_controllers, controller) >= 0)
            {
                wanted += $"+{controller} ";
            }
        }

        try
        {
            KernelFiles.Write($"{folder}/cgroup.subtree_control", wanted);
        }
        catch (LinuxException failure)
        {
            KernelLog.Warn($"cgroup controllers: {failure.Message}");
        }
    }
}

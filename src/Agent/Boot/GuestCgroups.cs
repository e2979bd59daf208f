using KataActors.Linux;

namespace KataActors.Agent.Boot;

/// <summary>The guest's cgroup v2 tree: containers live below <c>kata</c>, each with the controllers that the kernel has of these.</summary>
internal static class GuestCgroups
{
    internal const string ContainersFolder = GuestMounts.CgroupRoot + "/kata";

    private const string QuotaFolder = GuestMounts.CgroupRoot + "/quota";

    private static readonly string[] s_controllers = ["cpu", "memory", "pids", "cpuset", "io"];

    internal static void Prepare()
    {
        KernelFiles.MakeDirectory(ContainersFolder, GuestMounts.FolderMode);
        EnableControllers(GuestMounts.CgroupRoot);
        EnableControllers(ContainersFolder);
    }

    /// <summary>
    /// Gives a group in which nothing ever runs a quota. With the first quota and without the last one a kernel with jump labels patches its scheduler, and
    /// a vCPU of QEMU before 8.1 may then run into the patch's breakpoint for ever. Now it does so once, before there are other vCPUs.
    /// </summary>
    internal static void HoldQuota()
    {
        KernelFiles.MakeDirectory(QuotaFolder, GuestMounts.FolderMode);
        KernelFiles.Write($"{QuotaFolder}/cpu.max", "100000");
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

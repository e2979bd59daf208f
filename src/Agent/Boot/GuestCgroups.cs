using KataActors.Linux;


namespace KataActors.Agent.Boot;

/// <summary>The guest's cgroup v2 tree: containers live below <c>kata</c>, each with the controllers that the kernel has of these.</summary>
internal static class GuestCgroups
{
    internal const string ContainersFolder = GuestMounts.CgroupRoot + "/kata";

    private static readonly string[] s_controllers = ["cpu", "memory", "pids", "cpuset", "io"];

    internal static void Prepare()
    {
        KernelFiles.MakeDirectory(ContainersFolder, GuestMounts.FolderMode);
        EnableControllers(GuestMounts.CgroupRoot);
        EnableControllers(ContainersFolder);
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

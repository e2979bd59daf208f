
namespace KataActors.Agent.Boot;

/// <summary>The guest's cgroup v2 tree: containers live below <c>kata</c>, each with the controllers that the kernel has of these.</summary>
internal static class GuestCgroups
{
    internal const string ContainersFolder = GuestMounts.CgroupRoot + "/kata";

    private static readonly string[] s_controllers = ["cpu", "memory", "pids", "cpuset", "io"];

    internal static void Prepare()
    {
        Directory.CreateDirectory(ContainersFolder);
        EnableControllers(GuestMounts.CgroupRoot);
        EnableControllers(ContainersFolder);
    }

    private static void EnableControllers(string folder)
    {
        var available = File.ReadAllText($"{folder}/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var wanted = s_controllers.Where(available.Contains).Select(controller => $"+{controller}");
        try
        {
            File.WriteAllText($"{folder}/cgroup.subtree_control", string.Join(' ', wanted));
        }
        catch (IOException failure)
        {
            KernelLog.Warn($"cgroup controllers: {failure.Message}");
        }
    }
}

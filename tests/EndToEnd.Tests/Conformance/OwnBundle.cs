namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>A bundle with a terminal, and with user and time namespaces, whose program prints what it finds and ends.</summary>
internal static class OwnBundle
{
    private const string Script =
        """
        echo @terminal; busybox tty; busybox stty size
        echo @consoles; busybox stat -c '%t %T' /dev/console $(busybox tty)
        echo @users; cat /proc/self/uid_map
        echo @groups; cat /proc/self/gid_map
        echo @uptime; cat /proc/uptime
        echo @clocks; cat /proc/self/timens_offsets
        echo @group; cd /sys/fs/cgroup; busybox stat -c '%n %u' . cgroup.procs cgroup.subtree_control cgroup.threads pids.max; busybox mkdir own && echo $$ > own/cgroup.procs && echo entered
        echo @end
        """;

    public static TestBundle Create(DaemonUnderTest daemon, string sandbox)
    {
        var bundle = daemon.ShellBundle(Script).Joining(sandbox);
        bundle.Spec["process"]!["terminal"] = true;
        bundle.Spec["process"]!["consoleSize"] = new JsonObject { ["height"] = 43, ["width"] = 132 };
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/dev/pts",
            ["type"] = "devpts",
            ["source"] = "devpts",
            ["options"] = new JsonArray("newinstance", "ptmxmode=0666", "mode=0620"),
        });
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject { ["destination"] = "/sys/fs/cgroup", ["type"] = "cgroup", ["source"] = "cgroup" });
        var linux = bundle.Spec["linux"]!;
        linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
        linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "time" });
        linux["uidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 100000, "size": 1000}]""");
        linux["gidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 200000, "size": 2000}]""");
        linux["timeOffsets"] = JsonNode.Parse("""{"boottime": {"secs": 1000000}, "monotonic": {"secs": 5, "nanosecs": 7}}""");
        return bundle.Save();
    }
}

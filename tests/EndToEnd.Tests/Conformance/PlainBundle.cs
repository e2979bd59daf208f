namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>A bundle with what every specification must have, with what the runtime must pass over, and a program that ends by itself.</summary>
internal static class PlainBundle
{
    private const string Script =
        """
        echo @score; cat /proc/$$/oom_score_adj
        echo @privileges; busybox grep NoNewPrivs /proc/$$/status
        echo @joined; [ $$ != 1 ] && cat /proc/1/oom_score_adj
        echo @scheduling; busybox cut -d' ' -f19,41 /proc/$$/stat
        echo @root; touch /file 2>&1
        echo @proc; touch /proc/self/oom_score_adj && echo written
        echo @shared; hostname
        echo @end
        """;

    public static TestBundle Create(DaemonUnderTest daemon, string sandbox)
    {
        var bundle = daemon.ShellBundle(Script).Joining(sandbox);
        bundle.Spec["process"]!["scheduler"] = new JsonObject { ["policy"] = "SCHED_BATCH" };
        bundle.Spec["process"]!["consoleSize"] = new JsonObject { ["height"] = 25, ["width"] = 80 };
        bundle.Spec["process"]!["apparmorProfile"] = "profile";
        bundle.Spec["process"]!["selinuxLabel"] = "system_u:system_r:container_t:s0";
        bundle.Spec["process"]!["capabilities"] = new JsonObject { ["bounding"] = new JsonArray("CAP_KILL", "CAP_NO_SUCH") };
        AddUnknown(bundle.Spec, bundle.Spec["process"]!, bundle.Spec["root"]!, bundle.Spec["linux"]!, bundle.Spec["mounts"]![0]!);
        return bundle.WithAnnotation("org.opencontainers.nobody.knows", "value").With("root.readonly", true);
    }

    private static void AddUnknown(params JsonNode[] objects)
    {
        foreach (var node in objects)
        {
            node["unknownProperty"] = new JsonObject { ["deep"] = new JsonArray(1, null, "text") };
        }
    }
}

namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>A bundle with a value for each field that the runtime must honour, whose program prints what it finds, and then waits.</summary>
internal sealed class FullBundle
{
    public const long MemoryLimit = 64 * 1024 * 1024;
    public const int MostProcesses = 50;

    /// <summary>The options for a mount and all below it; each is an r and the name of an option for one mount.</summary>
    public static string[] Recursive =>
    [
        "rdev", "rdiratime", "rexec", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnosuid", "rnosymfollow", "rrelatime", "rro", "rrw", "rstrictatime", "rsuid",
        "rsymfollow",
    ];

    /// <summary>The options of mount(8) that do not depend on the file system, each mounted on <c>/option/NAME</c>.</summary>
    public static readonly string[] Options =
    [
        .. Recursive, "async", "atime", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion",
        "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "ratime", "relatime", "rnorelatime", "rnostrictatime", "ro", "rw", "silent",
        "strictatime", "suid", "symfollow", "sync", "tmpcopyup",
    ];

    /// <summary>The kinds of propagation, each of a mount on <c>/propagation/NAME</c>.</summary>
    public static readonly string[] Propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"];

    private const string Script =
        """
        echo ran > /tmp/ran
        echo @args; for word in "$0" "$@"; do echo "<$word>"; done
        echo @cwd; pwd
        echo @environment; busybox tr '\0' '\n' < /proc/1/environ
        echo @status; cat /proc/1/status
        echo @limits; cat /proc/1/limits
        echo @score; cat /proc/1/oom_score_adj
        echo @hostname; hostname
        echo @pids; busybox ls /proc | busybox grep '^[0-9]'
        echo @links; busybox ls /sys/class/net
        echo @mounts; cat /proc/1/mountinfo
        echo @order; busybox ls /order /order/inner /over
        echo @read-only-mount; touch /read-only/file 2>&1
        echo @writable-mount; touch /writable/new 2>&1 && echo written
        echo @masked; cat /tmp/masked-file; busybox ls /tmp/masked-folder
        echo @read-only-path; touch /tmp/read-only/file 2>&1
        echo @devices; for name in null zero full random urandom tty; do busybox stat -c '%n %F %t %T %a' /dev/$name; done; busybox readlink /dev/ptmx
        echo @null; echo lost > /dev/null; cat /dev/null; head -c 3 /dev/zero | busybox od -A n -t x1
        echo @device; busybox stat -c '%F %t %T %a %u %g' /dev/mine; true < /dev/mine && echo opened; (true > /dev/mine) 2>&1
        echo @memory; cat /sys/fs/cgroup/memory.max
        echo @tasks; cat /sys/fs/cgroup/pids.max
        echo @unified; cat /sys/fs/cgroup/memory.low /sys/fs/cgroup/memory.oom.group
        echo @scheduling; busybox cut -d' ' -f19,41 /proc/1/stat; busybox ionice
        echo @kernel; cat /proc/sys/kernel/domainname /proc/sys/net/core/somaxconn; uname -m
        echo @filter; busybox mkdir /tmp/filtered 2>&1
        trap 'echo @caught TERM' TERM
        echo @end
        sleep 1000 & while :; do wait; done
        """;

    private const string Filter =
        """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}""";

    private const string Devices = """[{"path": "/dev/mine", "type": "c", "major": 10, "minor": 229, "fileMode": 384, "uid": 1000, "gid": 1001}]""";

    private const string DeviceRules =
        """
        [
            {"allow": false, "access": "rwm"},
            {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"},
            {"allow": false, "type": "c", "major": 10, "minor": 229, "access": "w"}
        ]
        """;

    private FullBundle(TestBundle bundle) => Bundle = bundle;

    public TestBundle Bundle { get; }

    /// <summary>The program makes this file first.</summary>
    public string Mark => Path.Combine(Bundle.Rootfs, "tmp", "ran");

    /// <summary>The folder of the host behind three mounts.</summary>
    public string Volume => Path.Combine(Bundle.Path, "volume");

    public static FullBundle Create(DaemonUnderTest daemon)
    {
        var full = new FullBundle(daemon.Bundle("sh", "-c", Script, "name", "", "two words", "*"));
        full.AddFiles();
        full.FillProcess(full.Bundle.Spec["process"]!.AsObject());
        full.FillMounts(full.Bundle.Spec["mounts"]!.AsArray());
        full.Bundle
            .With("hostname", "conforming")
            .With("domainname", "own.domain")
            .With("annotations", new JsonObject { ["com.example.key"] = "value", ["com.example.empty"] = "" })
            .With("linux.maskedPaths", new JsonArray("/tmp/masked-file", "/tmp/masked-folder", "/nowhere"))
            .With("linux.readonlyPaths", new JsonArray("/tmp/read-only", "/nowhere"))
            .With("linux.rootfsPropagation", "shared")
            .With("linux.sysctl", new JsonObject { ["net.core.somaxconn"] = "1000" })
            .With("linux.personality", new JsonObject { ["domain"] = "LINUX32" })
            .With("linux.seccomp", JsonNode.Parse(Filter))
            .With("linux.devices", JsonNode.Parse(Devices))
            .With("linux.resources", new JsonObject
            {
                ["devices"] = JsonNode.Parse(DeviceRules),
                ["unified"] = new JsonObject { ["memory.low"] = "4194304", ["memory.oom.group"] = "1" },
                ["memory"] = new JsonObject { ["limit"] = MemoryLimit },
                ["pids"] = new JsonObject { ["limit"] = MostProcesses },
            });
        return full;
    }

    /// <summary>Changes config.json after the creation.</summary>
    public void Spoil() => File.WriteAllText(Bundle.SpecFile, Bundle.Spec.ToJsonString().Replace("conforming", "changed", StringComparison.Ordinal).Replace("@args", "@changed", StringComparison.Ordinal));

    /// <summary>Removes what the program left in the bundle.</summary>
    public void Restore()
    {
        Bundle.Save();
        File.Delete(Path.Combine(Volume, "new"));
    }

    private void AddFiles()
    {
        foreach (var folder in new[] { "tmp/masked-folder", "tmp/read-only", "work" })
        {
            Directory.CreateDirectory(Path.Combine(Bundle.Rootfs, folder));
            Open(Path.Combine(Bundle.Rootfs, folder));
        }

        Open(Path.Combine(Bundle.Rootfs, "tmp"));
        File.WriteAllText(Path.Combine(Bundle.Rootfs, "tmp", "masked-file"), "secret");
        File.WriteAllText(Path.Combine(Bundle.Rootfs, "tmp", "masked-folder", "secret"), "");
        Directory.CreateDirectory(Volume);
        Open(Volume);
        File.WriteAllText(Path.Combine(Volume, "of-the-host"), "kept");
    }

    private void FillProcess(JsonObject process)
    {
        process["cwd"] = "/work";
        process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1001, ["umask"] = 0x17, ["additionalGids"] = new JsonArray(5, 6) };
        process["env"] = new JsonArray("PATH=/bin", "EMPTY=", "WORDS=two words", "EQUALS=a=b", "HOME=/work");
        process["noNewPrivileges"] = true;
        process["oomScoreAdj"] = 100;
        process["scheduler"] = new JsonObject { ["policy"] = "SCHED_BATCH", ["nice"] = 7 };
        process["ioPriority"] = new JsonObject { ["class"] = "IOPRIO_CLASS_BE", ["priority"] = 6 };
        process["rlimits"] = new JsonArray(Limit("RLIMIT_NOFILE", 200, 300), Limit("RLIMIT_CORE", 0, ulong.MaxValue));
        process["capabilities"] = new JsonObject
        {
            ["bounding"] = new JsonArray("CAP_CHOWN", "CAP_KILL", "CAP_SETUID"),
            ["permitted"] = new JsonArray("CAP_CHOWN", "CAP_KILL"),
            ["inheritable"] = new JsonArray("CAP_KILL"),
            ["effective"] = new JsonArray("CAP_KILL"),
            ["ambient"] = new JsonArray("CAP_KILL"),
        };
    }

    private void FillMounts(JsonArray mounts)
    {
        mounts.Add(Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"));
        mounts.Add(Mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro"));
        mounts.Add(Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620"));
        mounts.Add(Mount("/order", "tmpfs", "tmpfs"));
        mounts.Add(Mount("/order/inner", "none", Volume, "rbind"));
        mounts.Add(Mount("/over", "none", Volume, "bind"));
        mounts.Add(Mount("/over", "tmpfs", "tmpfs"));
        mounts.Add(Mount("/read-only", "none", Volume, "bind", "ro"));
        mounts.Add(Mount("/writable", "none", "volume", "bind"));
        mounts.Add(Mount("relative/place", "tmpfs", "tmpfs"));
        mounts.Add(Mount("/remounted", "tmpfs", "tmpfs", "nodev"));
        mounts.Add(Mount("/remounted", "none", "none", "remount", "nosuid", "ro"));
        foreach (var option in Options)
        {
            mounts.Add(Mount($"/option/{option}", "tmpfs", "tmpfs", option));
        }

        foreach (var propagation in Propagations)
        {
            mounts.Add(Mount($"/propagation/{propagation}", "tmpfs", "tmpfs", propagation));
        }
    }

    private static JsonObject Mount(string destination, string type, string source, params string[] options) => new()
    {
        ["destination"] = destination,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]),
    };

    private static JsonObject Limit(string type, ulong soft, ulong hard) => new() { ["type"] = type, ["soft"] = soft, ["hard"] = hard };

    private static void Open(string folder) => File.SetUnixFileMode(folder, (UnixFileMode)0x1ff);
}

using System.Text.Json.Nodes;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class GuestSpecSpecs
{
    [Fact]
    public void Should_replace_every_path_of_the_host_by_one_of_the_guest()
    {
        var (spec, _) = Specs.Make(json =>
        {
            json["root"]!["readonly"] = true;
            json["mounts"] = new JsonArray(
                Specs.Mount("/proc", "proc", "proc"),
                Specs.Mount("/data", "bind", "/host/data", "rbind", "ro"));
            json["linux"]!["namespaces"] = new JsonArray(
                new JsonObject { ["type"] = "pid" },
                new JsonObject { ["type"] = "mount" },
                new JsonObject { ["type"] = "ipc" },
                new JsonObject { ["type"] = "uts" },
                new JsonObject { ["type"] = "network", ["path"] = "/proc/1/ns/net" });
        });

        var guest = GuestSpec.Build(spec, "c");

        Assert.Equal("/run/kata-containers/shared/containers/c/rootfs", guest.Root.Path);
        Assert.True(guest.Root.Readonly);
        Assert.Equal("/run/kata-containers/shared/containers/c/mounts/1", guest.Mounts[1].Source);
        Assert.Equal(["rbind", "ro"], guest.Mounts[1].Options);
        Assert.DoesNotContain(guest.Linux.Namespaces, entry => entry.Type == "network" || entry.Path.Length > 0);
        Assert.Equal([new BindPlan(1, ReadOnly: true)], MountPlan.Binds(spec));
    }

    [Fact]
    public void Should_give_the_guest_file_systems_of_its_own_for_shared_memory_and_empty_dirs()
    {
        const string volume = "/var/lib/kubelet/pods/p/volumes/kubernetes.io~empty-dir/cache";
        var (spec, _) = Specs.Make(json => json["mounts"] = new JsonArray(
            Specs.Mount("/dev/shm", "bind", "/run/engine/sandboxes/x/shm", "bind", "noexec"),
            Specs.Mount("/cache", "bind", volume, "rbind")));

        var request = GuestSpec.CreateRequest(spec, "c", sharedMemoryBytes: 1_000_000);

        Assert.Equal(("bind", "/run/kata-containers/sandbox/shm"), (request.OCI.Mounts[0].Type, request.OCI.Mounts[0].Source));
        Assert.Equal(["bind", "noexec"], request.OCI.Mounts[0].Options);
        Assert.Equal("/run/kata-containers/sandbox/ephemeral/cache", request.OCI.Mounts[1].Source);
        Assert.Equal(["/run/kata-containers/sandbox/ephemeral/cache", "/run/kata-containers/sandbox/shm"], request.Storages.Select(storage => storage.MountPoint));
        Assert.Equal(["nosuid", "noexec", "nodev", "mode=1777", "size=1000000"], request.Storages[1].Options);
        Assert.Contains("size=67108864", GuestSpec.CreateRequest(spec, "c").Storages[1].Options);
        Assert.Empty(MountPlan.Binds(spec));
    }

    [Fact]
    public void Should_share_an_overlay_without_naming_the_hosts_directories()
    {
        var (spec, _) = Specs.Make(json => json["mounts"] = new JsonArray(Specs.Mount("/data", "overlay", "overlay", "lowerdir=/a", "upperdir=/b", "workdir=/c", "private", "ro")));

        var mount = GuestSpec.Build(spec, "c").Mounts[0];

        Assert.Equal(("bind", "/run/kata-containers/shared/containers/c/mounts/0"), (mount.Type, mount.Source));
        Assert.Equal(["private", "ro"], mount.Options);
        Assert.Equal([new BindPlan(0, ReadOnly: true)], MountPlan.Binds(spec));
    }

    [Fact]
    public void Should_share_a_users_volume_at_shared_memory()
    {
        var (spec, _) = Specs.Make(json => json["mounts"] = new JsonArray(Specs.Mount("/dev/shm", "bind", "/home/data", "bind")));
        Assert.Equal([new BindPlan(0, ReadOnly: false)], MountPlan.Binds(spec));
    }

    [Fact]
    public void Should_carry_the_devices_that_the_guest_has_and_all_rules()
    {
        var (spec, _) = Specs.Make(json =>
        {
            json["linux"]!["devices"] = JsonNode.Parse("""
                [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 8576, "uid": 1, "gid": 2},
                 {"path": "/dev/sda", "type": "b", "major": 8, "minor": 0}, {"path": "/run/p", "type": "p", "fileMode": 0}]
                """);
            json["linux"]!["resources"] = JsonNode.Parse("""
                {"devices": [{"allow": true, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 0, "access": "rw"}]}
                """);
        });

        var guest = GuestSpec.Build(spec, "c").Linux;

        // The bits of a type tell a mode of 0 from none.
        Assert.Equal(
            ["/dev/fuse c 10:229 20600 1:2", "/run/p p 0:0 20000 0:0"],
            guest.Devices.Select(device => $"{device.Path} {device.Type} {device.Major}:{device.Minor} {Convert.ToString(device.FileMode, 8)} {device.UID}:{device.GID}"));
        Assert.Equal(["+ -1:-1 rwm", "+c 10:0 rw"], guest.Resources.Devices.Select(rule => $"{(rule.Allow ? '+' : '-')}{rule.Type} {rule.Major}:{rule.Minor} {rule.Access}"));
        Assert.Empty(GuestSpec.UpdateRequest(spec.Linux!.Resources, "c").Resources.Devices);
    }

    [Fact]
    public void Should_carry_names_kernel_parameters_and_scheduling_in_the_numbers_of_the_kernel()
    {
        var (spec, _) = Specs.Make(json =>
        {
            json["domainname"] = "d";
            json["linux"]!["sysctl"] = new JsonObject { ["net.ipv4.conf.eth0/1.forwarding"] = "1" };
            json["linux"]!["personality"] = new JsonObject { ["domain"] = "LINUX32" };
            json["process"]!["scheduler"] = JsonNode.Parse("""{"policy": "SCHED_RR", "priority": 5, "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_DL_OVERRUN"]}""");
            json["process"]!["ioPriority"] = JsonNode.Parse("""{"class": "IOPRIO_CLASS_IDLE", "priority": 3}""");
            json["process"]!["execCPUAffinity"] = JsonNode.Parse("""{"initial": "0", "final": "1-3,7"}""");
        });

        var guest = GuestSpec.Build(spec, "c");

        Assert.Equal("d", guest.Domainname);
        Assert.Equal("1", Assert.Single(guest.Linux.Sysctl, parameter => parameter.Key == "net/ipv4/conf/eth0.1/forwarding").Value);
        Assert.Equal((8u, 2u, 5u, 5ul), (guest.Process.Personality, guest.Process.Scheduler.Policy, guest.Process.Scheduler.Priority, guest.Process.Scheduler.Flags));
        Assert.Equal(0x6003u, guest.Process.IOPriority);
        Assert.Equal([0u], guest.Process.InitialCPUs);
        Assert.Equal([1u, 2u, 3u, 7u], guest.Process.FinalCPUs);
    }

    [Fact]
    public void Should_carry_user_and_time_namespaces_and_the_guests_own_limits()
    {
        var (spec, _) = Specs.Make(json =>
        {
            var linux = json["linux"]!;
            linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
            linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "time" });
            linux["uidMappings"] = JsonNode.Parse("""[{"containerID": 1, "hostID": 2, "size": 3}]""");
            linux["gidMappings"] = JsonNode.Parse("""[{"containerID": 4, "hostID": 5, "size": 6}]""");
            linux["timeOffsets"] = JsonNode.Parse("""{"boottime": {"secs": -7, "nanosecs": 8}}""");
            linux["resources"] = JsonNode.Parse("""{"cpu": {"quota": 5000, "burst": 2000, "idle": 0}, "memory": {"checkBeforeUpdate": true}, "unified": {"memory.high": "1"}}""");
        });

        var linux = GuestSpec.Build(spec, "c").Linux;

        Assert.Equal(["user", "time"], linux.Namespaces.Select(entry => entry.Type).TakeLast(2));
        Assert.Equal((1u, 2u, 3u), (linux.UIDMappings[0].ContainerID, linux.UIDMappings[0].HostID, linux.UIDMappings[0].Size));
        Assert.Equal((4u, 5u, 6u), (linux.GIDMappings[0].ContainerID, linux.GIDMappings[0].HostID, linux.GIDMappings[0].Size));
        Assert.Equal((-7, 8u), (linux.TimeOffsets["boottime"].Secs, linux.TimeOffsets["boottime"].Nanosecs));
        Assert.Equal((2000u, true, 0), (linux.Resources.CPU.Burst, linux.Resources.CPU.HasIdle, linux.Resources.CPU.Idle));
        Assert.True(linux.Resources.Memory.CheckBeforeUpdate);
        Assert.Equal("1", linux.Resources.Unified["memory.high"]);
    }

    [Fact]
    public void Should_carry_what_the_process_is_given()
    {
        var (spec, _) = Specs.Make(json =>
        {
            json["hostname"] = "h";
            json["process"] = new JsonObject
            {
                ["args"] = new JsonArray("a", "b"),
                ["env"] = new JsonArray("K=V"),
                ["cwd"] = "/w",
                ["noNewPrivileges"] = true,
                ["user"] = new JsonObject { ["uid"] = 1, ["gid"] = 2, ["umask"] = 18, ["additionalGids"] = new JsonArray(3) },
                ["capabilities"] = new JsonObject { ["bounding"] = new JsonArray("CAP_KILL") },
                ["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_NOFILE", ["soft"] = 10, ["hard"] = 20 }),
            };
            json["linux"]!["resources"] = new JsonObject
            {
                ["cpu"] = new JsonObject { ["quota"] = 20000, ["period"] = 100000, ["shares"] = 512 },
                ["memory"] = new JsonObject { ["limit"] = 67108864 },
                ["pids"] = new JsonObject { ["limit"] = 10 },
            };
        });

        var guest = GuestSpec.Build(spec, "c");

        Assert.Equal("h", guest.Hostname);
        Assert.Equal(["a", "b"], guest.Process.Args);
        Assert.Equal((1u, 2u, 18u), (guest.Process.User.UID, guest.Process.User.GID, guest.Process.User.Umask));
        Assert.Equal([3u], guest.Process.User.AdditionalGids);
        Assert.Equal(["CAP_KILL"], guest.Process.Capabilities.Bounding);
        Assert.Equal((20000, 100000u, 512u), (guest.Linux.Resources.CPU.Quota, guest.Linux.Resources.CPU.Period, guest.Linux.Resources.CPU.Shares));
        Assert.Equal(67108864, guest.Linux.Resources.Memory.Limit);
        Assert.Equal(10, guest.Linux.Resources.Pids.Limit);
        Assert.True(guest.Process.NoNewPrivileges);
    }
}

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
            Specs.Mount("/dev/shm", "bind", "/run/engine/sandboxes/x/shm", "bind"),
            Specs.Mount("/cache", "bind", volume, "rbind")));

        var request = GuestSpec.CreateRequest(spec, "c");

        Assert.Equal("tmpfs", request.OCI.Mounts[0].Type);
        Assert.Equal("/run/kata-containers/sandbox/ephemeral/cache", request.OCI.Mounts[1].Source);
        Assert.Equal("/run/kata-containers/sandbox/ephemeral/cache", Assert.Single(request.Storages).MountPoint);
        Assert.Empty(MountPlan.Binds(spec));
    }

    [Fact]
    public void Should_share_a_users_volume_at_shared_memory()
    {
        var (spec, _) = Specs.Make(json => json["mounts"] = new JsonArray(Specs.Mount("/dev/shm", "bind", "/home/data", "bind")));
        Assert.Equal([new BindPlan(0, ReadOnly: false)], MountPlan.Binds(spec));
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

using System.Text.Json.Nodes;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class MountPlanSpecs
{
    [Fact]
    public void Should_leave_out_what_an_earlier_mount_covers_when_mount_points_are_planned()
    {
        var (spec, _) = Specs.Make(json =>
        {
            json["process"]!["cwd"] = "/work/here";
            json["mounts"] = new JsonArray(
                Specs.Mount("/dev/", "tmpfs", "tmpfs"),
                Specs.Mount("/dev/pts", "devpts", "devpts"),
                Specs.Mount("/devices", "bind", "/host/devices", "bind"));
        });

        Assert.Equal([new MountPoint("/dev/", 0), new MountPoint("/devices", 2), new MountPoint("/work/here", null)], MountPlan.MountPoints(spec));
    }

    [Fact]
    public void Should_not_plan_the_working_directory_when_it_is_on_a_mount()
    {
        var (spec, _) = Specs.Make(json =>
        {
            json["process"]!["cwd"] = "/data/sub";
            json["mounts"] = new JsonArray(Specs.Mount("/data", "bind", "/host/data", "bind"));
        });

        Assert.Equal([new MountPoint("/dev", null), new MountPoint("/data", 0)], MountPlan.MountPoints(spec));
    }
}

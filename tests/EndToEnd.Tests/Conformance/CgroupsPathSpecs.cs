namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>Where the container's group is (<c>config-linux.md</c>, <c>cgroupsPath</c>), by a daemon that follows the spec.</summary>
public sealed class CgroupsPathSpecs(RecordedPlacement placement) : IClassFixture<RecordedPlacement>
{
    [Clause("linux/cgroups-path/absolute")]
    public void Should_take_an_absolute_path_from_the_mount_point() => Assert.Equal(placement.Path, placement.Places[0]);

    [Clause("linux/cgroups-path/same-place")]
    public void Should_be_at_the_same_place_each_time() => Assert.Equal(placement.Places[0], placement.Places[1]);

    [Clause("linux/cgroups-path/invalid")]
    public void Should_refuse_a_path_that_is_not_valid() => placement.Invalid.MustFail(1, "linux.cgroupsPath", "cannot be followed");

    [Clause("linux/cgroups/fit")]
    public void Should_refuse_and_keep_a_group_that_is_there_already()
    {
        placement.Occupied.MustFail(1, $"{placement.Path}\" exists already");
        Assert.True(placement.OccupiedIsLeft);
    }
}

using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

/// <summary>User and time namespaces of a container's own.</summary>
public class OwnNamespaceSpecs
{
    private const string Map = """[{"containerID": 0, "hostID": 1000, "size": 10}, {"containerID": 10, "hostID": 5000, "size": 4294962295}]""";

    [Fact]
    public void Should_read_maps_and_offsets()
    {
        var linux = Bundles.Accepted(Spec(Map, Map, """{"monotonic": {"secs": -7, "nanosecs": 999999999}, "boottime": {"secs": 3}}""")).Linux!;

        Assert.Equal((10u, 5000u, 4294962295u), (linux.UidMappings[1].ContainerID, linux.UidMappings[1].HostID, linux.UidMappings[1].Size));
        Assert.Equal((-7, 999_999_999u), (linux.TimeOffsets["monotonic"].Secs, linux.TimeOffsets["monotonic"].Nanosecs));
        Assert.Empty(Bundles.Accepted(Spec(Map, Map, "null")).Linux!.TimeOffsets);
    }

    [Theory]
    [InlineData("""[{"containerID": 0, "hostID": 0, "size": 0}]""", "linux.uidMappings[0] with size 0 is not a range of ids")]
    [InlineData("""[{"containerID": 1, "hostID": 0, "size": 4294967295}]""", "linux.uidMappings[0] with size 4294967295 is not a range of ids")]
    [InlineData("""[{"containerID": 0, "hostID": 4294967295, "size": 1}]""", "linux.uidMappings[0] with size 1 is not a range of ids")]
    [InlineData("""[{"containerID": 0, "hostID": 0, "size": 10}, {"containerID": 9, "hostID": 20, "size": 1}]""", "linux.uidMappings[1] overlaps an earlier range")]
    [InlineData("""[{"containerID": 0, "hostID": 20, "size": 1}, {"containerID": 9, "hostID": 10, "size": 11}]""", "linux.uidMappings[1] overlaps an earlier range")]
    [InlineData("[null]", "linux.uidMappings[0] is null")]
    public void Should_refuse_maps_that_the_kernel_would_refuse(string map, string message) =>
        Assert.Equal($"config.json: {message}", Bundles.Refused(Spec(map, Map, "null")).Message);

    [Theory]
    [InlineData("""{"realtime": {"secs": 1}}""", "linux.timeOffsets \"realtime\" is not a clock of a time namespace")]
    [InlineData("""{"monotonic": null}""", "linux.timeOffsets.monotonic is null")]
    [InlineData("""{"boottime": {"nanosecs": 1000000000}}""", "linux.timeOffsets.boottime has 1000000000 nanoseconds, at most 999999999 are allowed")]
    [InlineData("""{"boottime": {"nanosecs": -1}}""", "linux.timeOffsets.boottime.nanosecs has a value of the wrong type (line 1)")]
    public void Should_refuse_offsets_that_no_clock_can_have(string offsets, string message) =>
        Assert.Equal($"config.json: {message}", Bundles.Refused(Spec(Map, Map, offsets)).Message);

    [Fact]
    public void Should_refuse_more_ranges_than_the_kernel_takes()
    {
        var map = new JsonArray([.. Enumerable.Range(0, 341).Select(i => new JsonObject { ["containerID"] = i, ["hostID"] = i, ["size"] = 1 })]).ToJsonString();
        Assert.Equal("config.json: linux.gidMappings has 341 items, at most 340 are allowed", Bundles.Refused(Spec(Map, map, "null")).Message);
    }

    private static byte[] Spec(string users, string groups, string offsets) => Bundles.With(spec =>
    {
        var linux = spec["linux"]!;
        linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
        linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "time" });
        linux["uidMappings"] = JsonNode.Parse(users);
        linux["gidMappings"] = JsonNode.Parse(groups);
        linux["timeOffsets"] = JsonNode.Parse(offsets);
    });
}

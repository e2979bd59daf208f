using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class MountValidationSpecs
{
    [Theory]
    [InlineData("""{"destination": "/", "type": "tmpfs"}""", "mounts[0].destination \"/\" is the root itself, on which nothing can be mounted here")]
    [InlineData("""{"destination": "./a/../..", "source": "/x", "options": ["bind"]}""", "mounts[0].destination \"./a/../..\" is the root itself, on which nothing can be mounted here")]
    [InlineData("""{"destination": "", "type": "tmpfs"}""", "mounts[0].destination is missing or empty")]
    [InlineData("""{"type": "tmpfs"}""", "mounts[0].destination is missing or empty")]
    [InlineData("""{"destination": "/data", "type": "ext4", "source": "/dev/sdb"}""", "mounts[0].type \"ext4\" of \"/data\" is not a file system that a container can mount here")]
    [InlineData("""{"destination": "/data", "type": "bind"}""", "mounts[0].source is missing or empty")]
    [InlineData("""{"destination": "/data", "source": "/x", "options": ["rbind", "rshared"]}""", "mounts[0].options asks for rshared propagation of \"/data\": mounts do not propagate from the guest to the host")]
    [InlineData("""{"destination": "/data", "source": "/x", "options": ["rbind", "rrw"]}""", "mounts[0].options asks for rrw of \"/data\": a mount that is read-only on the host stays read-only")]
    [InlineData("""{"destination": "/data", "source": "/x", "options": ["bind", "idmap"]}""", "mounts[0] \"/data\" asks for id mappings, which are not supported")]
    [InlineData("""{"destination": "/data", "type": "overlay", "source": "overlay", "options": ["upperdir=/x"]}""", "mounts[0].options names no lower directory of the overlay on \"/data\"")]
    [InlineData("null", "mounts[0] is null")]
    public void Should_name_field_and_cause_when_a_mount_is_refused(string mount, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(Mounts(JsonNode.Parse(mount))).Message);

    [Fact]
    public void Should_refuse_when_there_are_more_bind_mounts_than_descriptors_in_a_message()
    {
        var bind = """{"destination": "/d", "type": "bind", "source": "/x"}""";
        Bundles.Accepted(Mounts([.. Enumerable.Range(0, 190).Select(_ => JsonNode.Parse(bind))]));
        Assert.Equal(
            "config.json: mounts (of type bind) has 191 items, at most 190 are allowed",
            Bundles.Refused(Mounts([.. Enumerable.Range(0, 191).Select(_ => JsonNode.Parse(bind))])).Message);
    }

    [Theory]
    [InlineData("""{"destination": "/data", "type": "tmpfs", "options": ["tmpcopyup", "rshared", "lazytime", "nosymfollow"]}""")]
    [InlineData("""{"destination": "/data", "type": "ramfs"}""")]
    [InlineData("""{"destination": "/proc", "options": ["remount", "ro"]}""")]
    [InlineData("""{"destination": "/", "options": ["remount", "ro"]}""")]
    [InlineData("""{"destination": "/proc", "type": "none", "options": ["bind", "remount", "ro"]}""")]
    public void Should_accept_what_the_guest_can_mount(string mount)
    {
        var spec = Bundles.Accepted(Mounts(JsonNode.Parse(mount)));
        Assert.False(spec.Mounts[0].IsBind);
        Assert.DoesNotContain(PassedOver.List(spec), item => item.Contains("mount", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_warn_of_mounts_that_do_not_come_into_the_guest()
    {
        var spec = Bundles.Accepted(Mounts(JsonNode.Parse("""{"destination": "/data", "source": "/x", "options": ["rbind", "rslave"]}""")));
        Assert.Contains("later mounts of the host do not appear below the volume \"/data\"", PassedOver.List(spec));
    }

    [Fact]
    public void Should_take_a_relative_destination_from_the_root_with_a_warning()
    {
        var spec = Bundles.Accepted(Mounts(
            JsonNode.Parse("""{"destination": "var/data", "type": "tmpfs"}"""),
            JsonNode.Parse("""{"destination": "dev/shm", "type": "bind", "source": "/x/shm"}"""),
            JsonNode.Parse("""{"destination": "/data", "type": "tmpfs"}""")));

        Assert.Equal(["/var/data", "/dev/shm", "/data"], spec.Mounts.Select(mount => mount.Place));
        Assert.True(spec.Mounts[1].IsSharedMemory);
        Assert.Equal(
            [
                "the mount destination \"var/data\" is not absolute, and taken from the container's root",
                "the mount destination \"dev/shm\" is not absolute, and taken from the container's root",
            ],
            PassedOver.List(spec));
    }

    [Fact]
    public void Should_know_binds_and_read_only_ones_by_their_options()
    {
        var mount = new MountSpec { Destination = "/a", Source = "b", Type = "none", Options = ["rbind", "rw", "ro"] };
        Assert.True(mount is { IsBind: true, IsRecursiveBind: true, IsReadOnly: true });
        Assert.True(new MountSpec { Type = "bind", Options = ["ro", "rw"] } is { IsBind: true, IsRecursiveBind: false, IsReadOnly: false });
        Assert.True(new MountSpec { Type = "bind", Options = ["rw", "rro"] }.IsReadOnly);
        Assert.True(new MountSpec { Type = "bind", Options = ["rro", "rw"] }.IsReadOnly);
        Assert.False(new MountSpec { Type = "tmpfs" }.IsBind);
    }

    [Theory]
    [InlineData("root", "null", "root is missing")]
    [InlineData("root", "{\"path\": \"\"}", "root.path is missing or empty")]
    [InlineData("linux", "null", "linux is missing")]
    [InlineData("domainname", "\"1234567890123456789012345678901234567890123456789012345678901234x\"", "domainname has 65 bytes, at most 64 are allowed")]
    [InlineData("annotations", "{\"\": \"x\"}", "annotations has an empty key")]
    [InlineData("annotations", "{\"x\": null}", "annotations has no value for \"x\"")]
    public void Should_name_field_and_cause_when_a_top_level_section_is_refused(string field, string value, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(Bundles.With(spec => spec[field] = JsonNode.Parse(value))).Message);

    [Fact]
    public void Should_refuse_when_the_hostname_is_too_long() => Assert.Equal(
        "config.json: hostname has 65 bytes, at most 64 are allowed",
        Bundles.Refused(Bundles.With(spec => spec["hostname"] = new string('h', 65))).Message);

    private static byte[] Mounts(params JsonNode?[] mounts) => Bundles.With(spec => spec["mounts"] = new JsonArray(mounts));
}

using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class LinuxValidationSpecs
{
    private static readonly string[] s_allNamespaces = ["pid", "network", "ipc", "uts", "mount"];

    [Theory]
    [InlineData("pid")]
    [InlineData("network")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("mount")]
    public void Should_refuse_when_the_hosts_namespace_would_be_shared(string type)
    {
        var error = Bundles.Refused(Namespaces([.. s_allNamespaces.Where(name => name != type).Select(name => (name, ""))]));
        Assert.Equal($"config.json: linux.namespaces has no {type} namespace: a container in a VM cannot share the host's {type} namespace", error.Message);
        Assert.Equal(SpecErrorKind.Unsupported, error.Kind);
    }

    [Theory]
    [InlineData("user", "", "linux.namespaces[5] asks for a user namespace, which is not supported yet")]
    [InlineData("time", "", "linux.namespaces[5] asks for a time namespace, which is not supported yet")]
    [InlineData("pid", "", "linux.namespaces[5].type \"pid\" is given twice")]
    [InlineData("magic", "", "linux.namespaces[5].type \"magic\" is not a known namespace")]
    [InlineData("cgroup", "/proc/1/ns/cgroup", "linux.namespaces[5].path names a cgroup namespace of the host, which a container in a VM cannot join")]
    [InlineData("cgroup", "x", "linux.namespaces[5].path \"x\" is not an absolute path")]
    public void Should_refuse_when_a_namespace_cannot_be_given(string type, string path, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(Namespaces([.. s_allNamespaces.Select(name => (name, "")), (type, path)])).Message);

    [Fact]
    public void Should_accept_the_sandboxs_namespaces_only_from_a_container_that_joins_one()
    {
        (string, string)[] namespaces =
            [("pid", "/proc/9/ns/pid"), ("network", "/proc/9/ns/net"), ("ipc", "/proc/9/ns/ipc"), ("uts", "/proc/9/ns/uts"), ("mount", "")];
        Assert.Contains("pid namespace of the host", Bundles.Refused(Namespaces(namespaces)).Message);
        var spec = Bundles.Accepted(Namespaces(namespaces, root => root["annotations"] = new JsonObject
        {
            ["io.kubernetes.cri.container-type"] = "container",
            ["io.kubernetes.cri.sandbox-id"] = "pod",
        }));
        Assert.Contains("the interfaces of the network namespace are not given to the guest", PassedOver.List(spec));
        Assert.Contains("the pid namespace of the sandbox is not shared", PassedOver.List(spec));
        Assert.DoesNotContain(PassedOver.List(spec), item => item.Contains("the ipc namespace", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("uidMappings", "[{\"containerID\": 0, \"hostID\": 1000, \"size\": 1}]", "linux.uidMappings asks for a user namespace, which is not supported yet")]
    [InlineData("rootfsPropagation", "\"rshared\"", "linux.rootfsPropagation \"rshared\" is not supported: mounts do not propagate between host and guest")]
    [InlineData("rootfsPropagation", "\"odd\"", "linux.rootfsPropagation \"odd\" is not a known propagation")]
    [InlineData("maskedPaths", "[\"proc\"]", "linux.maskedPaths[0] \"proc\" is not an absolute path")]
    [InlineData("readonlyPaths", "[null]", "linux.readonlyPaths[0] is null")]
    [InlineData("personality", "{\"domain\": \"LINUX32\"}", "linux.personality \"LINUX32\" is not supported")]
    [InlineData("intelRdt", "{\"closID\": \"x\"}", "linux.intelRdt is not supported")]
    [InlineData("timeOffsets", "{\"monotonic\": {\"secs\": 1}}", "linux.timeOffsets is not supported")]
    [InlineData("devices", "[{\"path\": \"/dev/fuse\", \"type\": \"c\", \"major\": 10, \"minor\": 229}]", "linux.devices[0] \"/dev/fuse\" is a device of the host, which is not supported yet")]
    [InlineData("devices", "[{\"path\": \"/dev/x\", \"type\": \"z\"}]", "linux.devices[0].type \"z\" is not a known device type")]
    public void Should_name_field_and_cause_when_a_part_of_linux_is_refused(string field, string value, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(Bundles.With(spec => spec["linux"]![field] = JsonNode.Parse(value))).Message);

    [Fact]
    public void Should_accept_devices_that_the_guest_has() => Bundles.Accepted(Bundles.With(spec => spec["linux"]!["devices"] =
        JsonNode.Parse("""[{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}]""")));

    private static byte[] Namespaces((string Type, string Path)[] namespaces, Action<JsonObject>? change = null) => Bundles.With(spec =>
    {
        spec["linux"]!["namespaces"] = new JsonArray([.. namespaces.Select(entry => new JsonObject { ["type"] = entry.Type, ["path"] = entry.Path })]);
        change?.Invoke(spec);
    });
}

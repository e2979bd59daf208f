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
    [InlineData("user", "", "linux.uidMappings is missing or empty, but linux.namespaces asks for a user namespace")]
    [InlineData("user", "/proc/1/ns/user", "linux.namespaces[5].path names a user namespace of the host, which a container in a VM cannot join")]
    [InlineData("time", "/proc/1/ns/time", "linux.namespaces[5].path names a time namespace of the host, which a container in a VM cannot join")]
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
        Assert.DoesNotContain(PassedOver.List(spec), item => item.Contains("pid", StringComparison.Ordinal) || item.Contains("ipc", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("uidMappings", "[{\"containerID\": 0, \"hostID\": 1000, \"size\": 1}]", "linux.uidMappings is given, but linux.namespaces has no user namespace")]
    [InlineData("rootfsPropagation", "\"odd\"", "linux.rootfsPropagation \"odd\" is not a known propagation")]
    [InlineData("maskedPaths", "[\"proc\"]", "linux.maskedPaths[0] \"proc\" is not an absolute path")]
    [InlineData("readonlyPaths", "[null]", "linux.readonlyPaths[0] is null")]
    [InlineData("personality", "{\"domain\": \"BSD\"}", "linux.personality.domain \"BSD\" is not a known execution domain")]
    [InlineData("memoryPolicy", "{\"mode\": \"MPOL_BIND\", \"nodes\": \"0\"}", "linux.memoryPolicy is not supported: a guest has one memory node")]
    [InlineData("netDevices", "{\"eth1\": {\"name\": \"eth0\"}}", "linux.netDevices names network devices of the host, which are not given to the guest")]
    [InlineData("sysctl", "{\"kernel.hostname\": \"x\"}", "linux.sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field")]
    [InlineData("sysctl", "{\"kernel.pid_max\": \"x\"}", "linux.sysctl \"kernel.pid_max\" is not in a separate kernel namespace")]
    [InlineData("sysctl", "{\"vm/swappiness\": \"x\"}", "linux.sysctl \"vm.swappiness\" is not in a separate kernel namespace")]
    [InlineData("sysctl", "{\"fs.mqueue\": \"x\"}", "linux.sysctl \"fs.mqueue\" is not in a separate kernel namespace")]
    [InlineData("sysctl", "{\"net/../vm/swappiness\": \"x\"}", "linux.sysctl \"net/../vm/swappiness\" is not the name of a kernel parameter")]
    [InlineData("sysctl", "{\"net.//.vm\": \"x\"}", "linux.sysctl \"net.//.vm\" is not the name of a kernel parameter")]
    [InlineData("sysctl", "{\"net..vm\": \"x\"}", "linux.sysctl \"net..vm\" is not the name of a kernel parameter")]
    [InlineData("sysctl", "{\"net.ipv4.ip_forward\": null}", "linux.sysctl \"net.ipv4.ip_forward\" has no value")]
    [InlineData("intelRdt", "{\"closID\": \"x\"}", "linux.intelRdt is not supported")]
    [InlineData("timeOffsets", "{\"monotonic\": {\"secs\": 1}}", "linux.timeOffsets is given, but linux.namespaces has no time namespace")]
    [InlineData("devices", "[{\"path\": \"/dev/kvm\", \"type\": \"c\", \"major\": 10, \"minor\": 232}]", "linux.devices[0] \"/dev/kvm\" is a device of the host, which the guest does not have")]
    [InlineData("devices", "[{\"path\": \"dev/x\", \"type\": \"c\"}]", "linux.devices[0].path \"dev/x\" is not an absolute path")]
    [InlineData("devices", "[{\"path\": \"/\", \"type\": \"c\"}]", "linux.devices[0].path \"/\" is a folder of every container")]
    [InlineData("devices", "[{\"path\": \"/x/../dev/\", \"type\": \"c\"}]", "linux.devices[0].path \"/x/../dev/\" is a folder of every container")]
    [InlineData("devices", "[{\"path\": \"/dev/x\", \"type\": \"p\", \"fileMode\": 65536}]", "linux.devices[0].fileMode 65536 is out of range, at most 65535 is allowed")]
    [InlineData("devices", "[{\"path\": \"/dev/x\", \"type\": \"z\"}]", "linux.devices[0].type \"z\" is not a known device type")]
    public void Should_name_field_and_cause_when_a_part_of_linux_is_refused(string field, string value, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(Bundles.With(spec => spec["linux"]![field] = JsonNode.Parse(value))).Message);

    [Theory]
    [InlineData("{\"allow\": true, \"type\": \"u\", \"access\": \"r\"}", ".type \"u\" is not a type of devices: a, b and c are")]
    [InlineData("{\"allow\": true, \"access\": \"\"}", ".access \"\" names no access: some of r, w and m do")]
    [InlineData("{\"allow\": true}", ".access \"\" names no access: some of r, w and m do")]
    [InlineData("{\"allow\": true, \"access\": \"rx\"}", ".access \"rx\" names no access: some of r, w and m do")]
    [InlineData("{\"allow\": true, \"access\": \"r\", \"major\": -2}", ".major -2 is no number of a device")]
    [InlineData("{\"allow\": true, \"access\": \"r\", \"minor\": 4294967296}", ".minor 4294967296 is no number of a device")]
    public void Should_refuse_a_device_rule_that_is_none(string rule, string message) => Assert.Equal(
        "config.json: linux.resources.devices[0]" + message, Bundles.Refused(Bundles.WithResources($"{{\"devices\": [{rule}]}}")).Message);

    [Theory]
    [InlineData("net.ipv4.conf.eth0/5.forwarding", "net/ipv4/conf/eth0.5/forwarding")]
    [InlineData("net/ipv4/conf/eth0.5/forwarding", "net/ipv4/conf/eth0.5/forwarding")]
    [InlineData("kernel.shm_rmid_forced", "kernel/shm_rmid_forced")]
    [InlineData("fs.mqueue.msg_max", "fs/mqueue/msg_max")]
    [InlineData("kernel.domainname", "kernel/domainname")]
    public void Should_accept_a_kernel_parameter_of_a_namespace_in_either_notation(string name, string path)
    {
        var spec = Bundles.Accepted(Bundles.With(spec => spec["linux"]!["sysctl"] = new JsonObject { [name] = "1" }));

        Assert.DoesNotContain(PassedOver.List(spec), item => item.Contains("sysctl", StringComparison.Ordinal));
        Assert.Equal(path, SysctlPath.Of(name));
    }

    [Fact]
    public void Should_pass_over_flags_of_a_personality() => Assert.Contains("linux.personality.flags is not applied", PassedOver.List(
        Bundles.Accepted(Bundles.With(spec => spec["linux"]!["personality"] = JsonNode.Parse("""{"domain": "LINUX32", "flags": ["X"]}""")))));

    [Theory]
    [InlineData("rshared", true)]
    [InlineData("slave", true)]
    [InlineData("runbindable", false)]
    public void Should_accept_each_propagation_of_the_root_and_warn_where_the_host_would_take_part(string propagation, bool isWarned) =>
        Assert.Equal(isWarned, PassedOver.List(Bundles.Accepted(Bundles.With(spec => spec["linux"]!["rootfsPropagation"] = propagation)))
            .Any(item => item.StartsWith("linux.rootfsPropagation", StringComparison.Ordinal)));

    [Fact]
    public void Should_accept_devices_that_the_guest_has() => Bundles.Accepted(Bundles.With(spec => spec["linux"]!["devices"] =
        JsonNode.Parse("""[{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}, {"path": "/dev/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 8630}]""")));

    private static byte[] Namespaces((string Type, string Path)[] namespaces, Action<JsonObject>? change = null) => Bundles.With(spec =>
    {
        spec["linux"]!["namespaces"] = new JsonArray([.. namespaces.Select(entry => new JsonObject { ["type"] = entry.Type, ["path"] = entry.Path })]);
        change?.Invoke(spec);
    });
}

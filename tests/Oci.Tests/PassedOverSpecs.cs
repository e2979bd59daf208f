using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class PassedOverSpecs
{
    [Fact]
    public void Should_name_each_part_once_when_all_of_them_are_asked_for()
    {
        var spec = Bundles.Accepted(Bundles.With(root =>
        {
            root["process"]!["apparmorProfile"] = "p";
            root["process"]!["selinuxLabel"] = "l";
            root["linux"]!["mountLabel"] = "m";
        }));
        Assert.Equal(
            [
                "process.apparmorProfile is not applied", "process.selinuxLabel is not applied",
                "linux.mountLabel is not applied",
            ],
            PassedOver.List(spec));
    }

    [Theory]
    [InlineData("bounding")]
    [InlineData("effective")]
    [InlineData("inheritable")]
    [InlineData("permitted")]
    [InlineData("ambient")]
    public void Should_name_a_capability_that_is_unknown_in_any_set(string set)
    {
        var spec = Bundles.Accepted(Bundles.With(root => root["process"]!["capabilities"]![set] = new JsonArray("CAP_KILL", "CAP_NO_SUCH")));
        Assert.Contains("process.capabilities: \"CAP_NO_SUCH\" is unknown and not given", PassedOver.List(spec));
    }

    [Fact]
    public void Should_name_unknown_capabilities_once_and_no_known_one()
    {
        var spec = Bundles.Accepted(Bundles.With(root => root["process"]!["capabilities"] =
            JsonNode.Parse("""{"bounding": ["CAP_KILL", "CAP_FLY", "kill"], "effective": ["CAP_FLY"], "permitted": ["CAP_BPF", ""]}""")));
        Assert.Equal(
            [
                "process.capabilities: \"CAP_FLY\" is unknown and not given", "process.capabilities: \"kill\" is unknown and not given",
                "process.capabilities: \"\" is unknown and not given",
            ],
            PassedOver.List(spec).Where(item => item.Contains("capabilities", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"memory": {"kernel": 67108864}}""", "linux.resources.memory.kernel is not applied")]
    [InlineData("""{"memory": {"kernelTCP": 67108864}}""", "linux.resources.memory.kernelTCP is not applied")]
    [InlineData("""{"memory": {"disableOOMKiller": true}}""", "linux.resources.memory.disableOOMKiller is not applied")]
    [InlineData("""{"cpu": {"realtimeRuntime": 50000}}""", "linux.resources.cpu.realtimeRuntime is not applied")]
    [InlineData("""{"cpu": {"realtimePeriod": 100000}}""", "linux.resources.cpu.realtimePeriod is not applied")]
    [InlineData("""{"blockIO": {"weight": 500}}""", "linux.resources.blockIO.weight is not applied")]
    [InlineData("""{"blockIO": {"leafWeight": 500}}""", "linux.resources.blockIO.leafWeight is not applied")]
    [InlineData("""{"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 500}]}}""", "linux.resources.blockIO.weightDevice is not applied")]
    [InlineData("""{"network": {"classID": 7}}""", "linux.resources.network is not applied")]
    [InlineData("""{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}""", "linux.resources.hugepageLimits is not applied")]
    [InlineData("""{"rdma": {"mlx5_1": {"hcaHandles": 3}}}""", "linux.resources.rdma is not applied")]
    public void Should_name_a_limit_that_the_guests_kernel_has_not(string resources, string item) =>
        Assert.Equal([item], PassedOver.List(Bundles.Accepted(Bundles.WithResources(resources))));

    [Theory]
    [InlineData("""{"memory": {"kernel": -1, "kernelTCP": 0, "disableOOMKiller": false}}""")]
    [InlineData("""{"cpu": {"realtimeRuntime": 0, "realtimePeriod": 0}}""")]
    [InlineData("""{"blockIO": {"weight": 0, "weightDevice": [], "throttleReadBpsDevice": []}, "network": {"classID": null}, "hugepageLimits": [], "rdma": {}}""")]
    public void Should_be_empty_when_a_limit_limits_nothing(string resources) =>
        Assert.Empty(PassedOver.List(Bundles.Accepted(Bundles.WithResources(resources))));

    [Fact]
    public void Should_name_the_hosts_devices_of_a_privileged_container_in_one_sentence()
    {
        string[] devices = [Device("null", "c", 1, 3), Device("sda", "b", 8, 0), Device("a\u001b", "c", 4, 1), Device("vfio", "c", 10, 196), Device("x", "b", 1, 3), Device("fuse", "c", 10, 229)];
        var spec = Bundles.Accepted(Bundles.With(root =>
        {
            root["linux"]!["devices"] = JsonNode.Parse($"[{string.Join(',', devices)}]");
            root["linux"]!["resources"] = JsonNode.Parse("""{"devices": [{"allow": true, "access": "rwm"}]}""");
        }));

        Assert.Equal(
            ["linux.devices: 4 of the host are not in the guest and not given: \"/dev/sda\", \"/dev/a\\u001b\", \"/dev/vfio\", …"],
            PassedOver.List(spec).Where(item => item.Contains("devices", StringComparison.Ordinal)));

        static string Device(string name, string type, int major, int minor) =>
            new JsonObject { ["path"] = $"/dev/{name}", ["type"] = type, ["major"] = major, ["minor"] = minor }.ToJsonString();
    }

    [Fact]
    public void Should_say_that_an_update_leaves_the_device_rules_as_they_are()
    {
        const string Rules = """{"devices": [{"allow": true, "access": "rwm"}]}""";
        Assert.True(ResourcesUpdate.TryParse(System.Text.Encoding.UTF8.GetBytes(Rules), out var change, out _));
        Assert.Equal(["linux.resources.devices is not applied"], PassedOver.List(change));
        Assert.Empty(PassedOver.List(Bundles.Accepted(Bundles.WithResources(Rules))));
    }

    [Fact]
    public void Should_be_empty_when_nothing_is_passed_over() => Assert.Empty(PassedOver.List(Bundles.Accepted(Bundles.WithResources("{}"))));
}

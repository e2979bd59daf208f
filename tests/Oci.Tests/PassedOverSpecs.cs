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
            root["hooks"] = JsonNode.Parse("""{"prestart": [{"path": "/a"}], "poststop": [{"path": "/b"}]}""");
            root["linux"]!["seccomp"] = JsonNode.Parse("""{"defaultAction": "SCMP_ACT_ERRNO"}""");
            root["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward": "1"}""");
            root["linux"]!["mountLabel"] = "m";
            root["linux"]!["namespaces"]!.AsArray().Single(entry => (string?)entry!["type"] == "network")!["path"] = "/run/netns/x";
        }));
        Assert.Equal(
            [
                "linux.seccomp is not applied", "process.apparmorProfile is not applied", "process.selinuxLabel is not applied",
                "linux.mountLabel is not applied", "hooks are not run (2 given)", "linux.resources.devices is not applied",
                "linux.sysctl is not applied", "the interfaces of the network namespace are not given to the guest",
            ],
            PassedOver.List(spec));
    }

    [Fact]
    public void Should_be_empty_when_nothing_is_passed_over() => Assert.Empty(PassedOver.List(Bundles.Accepted(Bundles.WithResources("{}"))));
}

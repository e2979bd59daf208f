using System.Text.Json;
using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

/// <summary>The document of <c>features</c>: the specification's fields and types (features.md, features-linux.md), and nothing that a spec would then be refused for.</summary>
public class FeaturesSpecs
{
    private static readonly JsonElement s_features = JsonDocument.Parse(FeaturesDocument.Write("1.2.3")).RootElement;

    /// <summary>Every name of a mount option that runc knows.</summary>
    public static TheoryData<string> MountOptions => [.. MountOption.Known.Select(option => option.Name)];

    [Fact]
    public void Should_have_the_fields_of_the_specification_in_its_order() => Assert.Equal(
        """
        ociVersionMin: String
        ociVersionMax: String
        hooks: Array
        mountOptions: Array
        linux.namespaces: Array
        linux.capabilities: Array
        linux.cgroup.v1: True
        linux.cgroup.v2: True
        linux.cgroup.systemd: False
        linux.cgroup.systemdUser: False
        linux.cgroup.rdma: False
        linux.seccomp.enabled: True
        linux.seccomp.actions: Array
        linux.seccomp.operators: Array
        linux.seccomp.archs: Array
        linux.seccomp.knownFlags: Array
        linux.seccomp.supportedFlags: Array
        linux.apparmor.enabled: False
        linux.selinux.enabled: False
        linux.intelRdt.enabled: False
        linux.mountExtensions.idmap.enabled: False
        linux.netDevices.enabled: False
        annotations.org.kata-actors.version: String
        potentiallyUnsafeConfigAnnotations: Array
        """,
        string.Join('\n', Fields(s_features, "")));

    [Fact]
    public void Should_list_the_capabilities_and_namespaces_of_linux()
    {
        var linux = s_features.GetProperty("linux");
        Assert.Equal(41, linux.GetProperty("capabilities").GetArrayLength());
        Assert.Equal(["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"], Texts(linux.GetProperty("namespaces")));
        Assert.Equal("1.2.3", s_features.GetProperty("annotations").GetProperty("org.kata-actors.version").GetString());
        Assert.Contains("io.kubernetes.cri.sandbox-id", Texts(s_features.GetProperty("potentiallyUnsafeConfigAnnotations")));
    }

    [Fact]
    public void Should_sort_the_mount_options_and_name_each_once()
    {
        var options = Texts(s_features.GetProperty("mountOptions"));
        Assert.Equal(options.Distinct().Order(StringComparer.Ordinal), options);
        Assert.Contains("rro", options);
        Assert.DoesNotContain("size", options);
    }

    [Theory]
    [MemberData(nameof(MountOptions))]
    public void Should_list_exactly_the_mount_options_that_no_mount_is_refused_for(string option)
    {
        string[] mounts =
        [
            """{"destination": "/d", "type": "tmpfs", "source": "tmpfs", "options": ["OPTION"]}""",
            """{"destination": "/d", "type": "bind", "source": "/x", "options": ["OPTION"]}""",
        ];
        var accepted = mounts.All(mount => SpecParser.TryParse(
            Bundles.With(spec => spec["mounts"] = new JsonArray(JsonNode.Parse(mount.Replace("OPTION", option, StringComparison.Ordinal)))), out _, out _));

        Assert.Equal(accepted, Texts(s_features.GetProperty("mountOptions")).Contains(option));
    }

    [Theory]
    [InlineData("cgroup")]
    [InlineData("ipc")]
    [InlineData("mount")]
    [InlineData("network")]
    [InlineData("pid")]
    [InlineData("time")]
    [InlineData("user")]
    [InlineData("uts")]
    public void Should_list_exactly_the_namespaces_that_a_spec_may_ask_for(string type)
    {
        var spec = Bundles.With(spec =>
        {
            var namespaces = spec["linux"]!["namespaces"]!.AsArray();
            if (!namespaces.Any(entry => (string?)entry!["type"] == type))
            {
                namespaces.Add(new JsonObject { ["type"] = type });
            }

            if (type == "user")
            {
                spec["linux"]!["uidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 1000, "size": 10}]""");
                spec["linux"]!["gidMappings"] = JsonNode.Parse("""[{"containerID": 0, "hostID": 1000, "size": 10}]""");
            }
        });

        Assert.Equal(SpecParser.TryParse(spec, out _, out _), Texts(s_features.GetProperty("linux").GetProperty("namespaces")).Contains(type));
    }

    private static IEnumerable<string> Fields(JsonElement element, string path) => element.EnumerateObject().SelectMany(member =>
        member.Value.ValueKind == JsonValueKind.Object ? Fields(member.Value, $"{path}{member.Name}.") : [$"{path}{member.Name}: {member.Value.ValueKind}"]);

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];
}

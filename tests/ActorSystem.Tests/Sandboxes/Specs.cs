using System.Text.Json.Nodes;
using KataActors.Oci;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Specifications for tests, as returned by the parser.</summary>
internal static class Specs
{
    /// <summary>The least valid specification, changed by <paramref name="change"/>.</summary>
    public static (RuntimeSpec Spec, byte[] Bytes) Make(Action<JsonObject>? change = null)
    {
        var json = new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["process"] = new JsonObject { ["args"] = new JsonArray("true"), ["cwd"] = "/" },
            ["root"] = new JsonObject { ["path"] = "rootfs" },
            ["linux"] = new JsonObject
            {
                ["namespaces"] = new JsonArray(
                    [.. new[] { "pid", "mount", "ipc", "uts", "network" }.Select(type => (JsonNode)new JsonObject { ["type"] = type })]),
            },
        };
        change?.Invoke(json);
        var bytes = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
        Assert.True(SpecParser.TryParse(bytes, out var spec, out var error), error?.ToString());
        return (spec!, bytes);
    }

    /// <summary>A change that names a network namespace.</summary>
    public static Action<JsonObject> InNetwork { get; } = json =>
        json["linux"]!["namespaces"]!.AsArray().Single(entry => (string?)entry!["type"] == "network")!["path"] = "/run/netns/x";

    /// <summary>A change that limits the CPU time.</summary>
    public static Action<JsonObject> Cpu(long quota, long period) => json =>
        json["linux"]!["resources"] = new JsonObject { ["cpu"] = new JsonObject { ["quota"] = quota, ["period"] = period } };

    /// <summary>A change that makes a container of this sandbox, with limited CPU time.</summary>
    public static Action<JsonObject> Joining(string sandbox, long quota, long period) => json =>
    {
        Cpu(quota, period)(json);
        json["annotations"] = new JsonObject { ["io.kubernetes.cri.container-type"] = "container", ["io.kubernetes.cri.sandbox-id"] = sandbox };
    };

    public static JsonObject Mount(string destination, string type, string source, params string[] options) => new()
    {
        ["destination"] = destination,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]),
    };
}

using System.Text;
using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

/// <summary>Specs for the tests: the default one, changed at one place.</summary>
internal static class Bundles
{
    public static byte[] With(Action<JsonObject> change)
    {
        var spec = JsonNode.Parse(DefaultSpec.Json)!.AsObject();
        change(spec);
        return Encoding.UTF8.GetBytes(spec.ToJsonString());
    }

    public static byte[] WithResources(string json) => With(spec => spec["linux"]!["resources"] = JsonNode.Parse(json));

    public static RuntimeSpec Accepted(byte[] json)
    {
        Assert.True(SpecParser.TryParse(json, out var spec, out var error), error?.Message);
        return spec;
    }

    public static SpecError Refused(byte[] json)
    {
        Assert.False(SpecParser.TryParse(json, out _, out var error));
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }
}

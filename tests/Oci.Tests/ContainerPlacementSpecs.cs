using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class ContainerPlacementSpecs
{
    private static readonly ContainerId s_own = ContainerId.Parse("own");

    [Theory]
    [InlineData("io.kubernetes.cri.container-type", "sandbox")]
    [InlineData("io.kubernetes.cri-o.ContainerType", "sandbox")]
    [InlineData("io.kubernetes.docker.type", "podsandbox")]
    [InlineData("io.container.manager", "libpod")]
    public void Should_make_a_sandbox_of_its_own_id_when_annotations_do_not_say_container(string key, string value)
    {
        var placement = Resolved((key, value));
        Assert.Equal((ContainerType.Sandbox, "own"), (placement.Type, placement.SandboxId.Value));
    }

    [Theory]
    [InlineData("io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id")]
    [InlineData("io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri-o.SandboxID")]
    [InlineData("io.kubernetes.docker.type", "io.kubernetes.sandbox.id")]
    public void Should_join_the_named_sandbox_when_annotations_say_container(string typeKey, string idKey)
    {
        var placement = Resolved((typeKey, "container"), (idKey, "pod"));
        Assert.Equal((ContainerType.Container, "pod"), (placement.Type, placement.SandboxId.Value));
    }

    [Fact]
    public void Should_let_the_first_dialect_win_when_several_are_present() => Assert.Equal(
        ContainerType.Sandbox, Resolved(("io.kubernetes.cri.container-type", "sandbox"), ("io.kubernetes.docker.type", "container")).Type);

    [Fact]
    public void Should_refuse_annotations_that_are_too_large_in_all_and_name_the_limit()
    {
        var spec = Bundles.Accepted(Annotated(("a", new string('x', 262_144)), ("ä", new string('y', 262_142))));
        Assert.False(ContainerPlacement.TryResolve(spec, s_own, out _, out var error));
        Assert.Equal("config.json: annotations has 524289 bytes in all keys and values, at most 524288 are allowed", error.Message);
    }

    [Fact]
    public void Should_take_annotations_up_to_the_limit_such_as_all_that_kubernetes_allows_a_pod() =>
        Resolved(("a", new string('x', 262_144)), ("b", new string('y', 262_142)));

    [Fact]
    public void Should_refuse_when_the_type_is_unknown() => Assert.Equal(
        "config.json: annotation \"io.kubernetes.cri.container-type\" has an unknown container type: \"pod\"",
        Bundles.Refused(Annotated(("io.kubernetes.cri.container-type", "pod"))).Message);

    [Theory]
    [InlineData(null, "config.json: annotation \"io.kubernetes.cri.sandbox-id\" is missing: a container must name its sandbox")]
    [InlineData("../x", "config.json: annotation \"io.kubernetes.cri.sandbox-id\": sandbox id \"../x\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    public void Should_refuse_when_the_sandbox_id_is_missing_or_invalid(string? id, string message)
    {
        var spec = Bundles.Accepted(id is null
            ? Annotated(("io.kubernetes.cri.container-type", "container"))
            : Annotated(("io.kubernetes.cri.container-type", "container"), ("io.kubernetes.cri.sandbox-id", id)));
        Assert.False(ContainerPlacement.TryResolve(spec, s_own, out _, out var error));
        Assert.Equal(message, error.Message);
    }

    private static ContainerPlacement Resolved(params (string Key, string Value)[] annotations)
    {
        Assert.True(ContainerPlacement.TryResolve(Bundles.Accepted(Annotated(annotations)), s_own, out var placement, out var error), error?.Message);
        return placement;
    }

    private static byte[] Annotated(params (string Key, string Value)[] annotations) => Bundles.With(spec => spec["annotations"] =
        new JsonObject(annotations.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))));
}

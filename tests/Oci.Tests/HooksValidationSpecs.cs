using System.Text;
using System.Text.Json.Nodes;

namespace KataActors.Oci.Tests;

public class HooksValidationSpecs
{
    [Theory]
    [InlineData("""{"prestart": [null]}""", "hooks.prestart[0] is null")]
    [InlineData("""{"createRuntime": [{}]}""", "hooks.createRuntime[0].path is missing or empty")]
    [InlineData("""{"createContainer": [{"path": "bin/x"}]}""", "hooks.createContainer[0].path \"bin/x\" is not an absolute path")]
    [InlineData("""{"startContainer": [{"path": "/x", "args": ["x", null]}]}""", "hooks.startContainer[0].args[1] is null")]
    [InlineData("""{"poststart": [{"path": "/x"}, {"path": "/x", "env": ["A"]}]}""", "hooks.poststart[1].env[0] \"A\" is not of the form NAME=VALUE")]
    [InlineData("""{"poststop": [{"path": "/x", "timeout": 0}]}""", "hooks.poststop[0].timeout 0 is out of range: at least 1 is allowed")]
    [InlineData("""{"poststop": [{"path": "/x", "timeout": -1}]}""", "hooks.poststop[0].timeout -1 is out of range: at least 1 is allowed")]
    [InlineData("""{"poststop": [{"path": "/x", "timeout": "1"}]}""", "hooks.poststop[0].timeout has a value of the wrong type (line 1)")]
    public void Should_name_field_and_cause_when_a_hook_is_bad(string hooks, string message) =>
        Assert.Equal("config.json: " + message, Bundles.Refused(With(hooks)).Message);

    [Fact]
    public void Should_read_hooks_with_all_and_with_no_options()
    {
        var hooks = Bundles.Accepted(With("""{"prestart": [{"path": "/a", "args": ["a", "b"], "env": ["C=d"], "timeout": 7}, {"path": "/e", "args": null}], "poststop": null}""")).Hooks!;

        Assert.Equal(["/a", "/e"], hooks.Prestart.Select(hook => hook.Path));
        Assert.Equal(["a", "b"], hooks.Prestart[0].Args);
        Assert.Equal(["C=d"], hooks.Prestart[0].Env);
        Assert.Empty(hooks.Prestart[1].Args);
        Assert.Empty(hooks.Poststop);
        Assert.True(hooks.HasCreation);
    }

    [Fact]
    public void Should_bound_every_wait()
    {
        var hooks = Bundles.Accepted(With("""{"prestart": [{"path": "/a", "timeout": 7}, {"path": "/a"}], "createContainer": [{"path": "/a", "timeout": 2147483647}]}""")).Hooks!;
        Assert.Equal(new TimeSpan(1, 5, 7), hooks.CreationLimit);
        Assert.Equal(TimeSpan.Zero, hooks.StartLimit);
        Assert.Equal(TimeSpan.FromSeconds(3), Bundles.Accepted(With("""{"startContainer": [{"path": "/a", "timeout": 1}, {"path": "/a", "timeout": 2}]}""")).Hooks!.StartLimit);
        Assert.Equal(TimeSpan.FromMinutes(1), Bundles.Accepted(With("""{"startContainer": [{"path": "/a"}]}""")).Hooks!.StartLimit);
    }

    [Fact]
    public void Should_write_the_state_for_hooks_on_one_line()
    {
        var state = new ContainerState
        {
            OciVersion = "1.0.2", Id = "c", Status = "creating", Pid = 7, Bundle = "/b", Rootfs = "/b/rootfs", CreatedUtc = DateTime.UnixEpoch,
            Annotations = new Dictionary<string, string> { ["k"] = "\"v\"" },
        };
        Assert.Equal("""{"ociVersion":"1.0.2","id":"c","status":"creating","pid":7,"bundle":"/b","annotations":{"k":"\"v\""}}""" + "\n", Text(state));
        Assert.Equal(
            """{"ociVersion":"1.0.2","id":"c","status":"stopped","bundle":"/b"}""" + "\n",
            Text(state with { Status = "stopped", Pid = 0, Annotations = new Dictionary<string, string>() }));
    }

    private static string Text(ContainerState state) => Encoding.UTF8.GetString(StateDocument.Hook(state));

    private static byte[] With(string hooks) => Bundles.With(root => root["hooks"] = JsonNode.Parse(hooks));
}

using System.Text;
using System.Text.Json;

namespace KataActors.Oci.Tests;

public class DocumentSpecs
{
    private static readonly ContainerState s_sample = new()
    {
        OciVersion = "1.0.2",
        Id = "web",
        Status = "running",
        Pid = 4711,
        Bundle = "/b/größe",
        Rootfs = "/b/rootfs",
        CreatedUtc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1234560),
        Owner = "root",
        Annotations = new Dictionary<string, string> { ["b"] = "<2>", ["a"] = "1" },
    };

    [Fact]
    public void Should_write_runcs_fields_in_runcs_order_when_asked_for_the_state() => Assert.Equal(
        """
        {
          "ociVersion": "1.0.2",
          "id": "web",
          "pid": 4711,
          "status": "running",
          "bundle": "/b/größe",
          "rootfs": "/b/rootfs",
          "created": "2026-01-02T03:04:05.123456Z",
          "annotations": {
            "a": "1",
            "b": "<2>"
          },
          "owner": "root"
        }

        """,
        Encoding.UTF8.GetString(StateDocument.State(s_sample)));

    [Fact]
    public void Should_say_why_a_container_ended_when_that_is_known()
    {
        var state = JsonDocument.Parse(StateDocument.State(s_sample with { Status = "stopped", Reason = "QEMU died" })).RootElement;
        Assert.Equal("QEMU died", state.GetProperty("reason").GetString());
        Assert.False(JsonDocument.Parse(StateDocument.State(s_sample)).RootElement.TryGetProperty("reason", out _));
    }

    [Fact]
    public void Should_write_an_array_or_ids_or_a_table_when_listing()
    {
        var states = new[] { s_sample, s_sample with { Id = "a-very-long-container-id", Pid = 0, Status = "stopped", Bundle = "/x\ny" } };
        Assert.Equal("web\na-very-long-container-id\n", Encoding.UTF8.GetString(StateDocument.ListIds(states)));
        Assert.Equal(2, JsonDocument.Parse(StateDocument.ListJson(states)).RootElement.GetArrayLength());
        Assert.Equal(
            """
            ID                         PID         STATUS      BUNDLE      CREATED                       OWNER
            web                        4711        running     /b/größe    2026-01-02T03:04:05.123456Z   root
            a-very-long-container-id   0           stopped     /x?y        2026-01-02T03:04:05.123456Z   root

            """,
            Encoding.UTF8.GetString(StateDocument.ListTable(states)));
    }

    [Fact]
    public void Should_write_only_a_heading_or_an_empty_array_when_there_is_nothing_to_list()
    {
        Assert.Equal("ID          PID         STATUS      BUNDLE      CREATED     OWNER\n", Encoding.UTF8.GetString(StateDocument.ListTable([])));
        Assert.Equal("[]\n", Encoding.UTF8.GetString(StateDocument.ListJson([])));
    }
}

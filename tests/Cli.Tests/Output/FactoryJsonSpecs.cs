using System.Text;
using System.Text.Json;
using Google.Protobuf;
using KataActors.Cli.Output;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Tests.Output;

/// <summary>The document to the last byte: programs read it.</summary>
public sealed class FactoryJsonSpecs
{
    [Fact]
    public void Should_write_all_of_a_status()
    {
        var status = new FactoryStatusResponse
        {
            Template = new FactoryTemplate
            {
                State = "ready",
                Step = "checked",
                Problem = "a <problem>",
                Folder = "/t",
                Manifest = ByteString.CopyFromUtf8("""{"version":1,"ratio":1.50e2,"files":[{"name":"memory","sha256":"ü"}],"none":{},"off":false,"what":null} """),
            },
            Pool = new FactoryPool { Ready = 1, Booting = 2, Target = 3, Minimum = 4, Maximum = 5, Problem = "no room" },
            Counts = new FactoryCounts { PoolHits = 6, TemplateHits = 7, Misses = 8, Fallbacks = 9, Cold = ulong.MaxValue, LastFallback = "template: it died" },
            Booting = 10,
            ConcurrentBoots = 11,
            Waiting = 12,
            Clones = 13,
            MemorySavedKib = 14,
        };

        Assert.Equal(
            """
            {
              "template": {
                "state": "ready",
                "step": "checked",
                "problem": "a <problem>",
                "folder": "/t",
                "manifest": {
                  "version": 1,
                  "ratio": 1.50e2,
                  "files": [
                    {
                      "name": "memory",
                      "sha256": "ü"
                    }
                  ],
                  "none": {},
                  "off": false,
                  "what": null
                }
              },
              "pool": {
                "ready": 1,
                "booting": 2,
                "target": 3,
                "minimum": 4,
                "maximum": 5,
                "problem": "no room"
              },
              "counts": {
                "poolHits": 6,
                "templateHits": 7,
                "misses": 8,
                "fallbacks": 9,
                "cold": 18446744073709551615,
                "lastFallback": "template: it died"
              },
              "booting": 10,
              "concurrentBoots": 11,
              "waiting": 12,
              "clones": 13,
              "memorySavedKib": 14
            }

            """,
            Encoding.UTF8.GetString(FactoryJson.Status(status)));
    }

    [Fact]
    public void Should_write_null_for_a_manifest_that_cannot_be_read() => Assert.Equal(
        """
        {
          "template": {
            "state": "",
            "step": "",
            "problem": "",
            "folder": "",
            "manifest": null
          },
          "pool": {
            "ready": 0,
            "booting": 0,
            "target": 0,
            "minimum": 0,
            "maximum": 0,
            "problem": ""
          },
          "counts": {
            "poolHits": 0,
            "templateHits": 0,
            "misses": 0,
            "fallbacks": 0,
            "cold": 0,
            "lastFallback": ""
          },
          "booting": 0,
          "concurrentBoots": 0,
          "waiting": 0,
          "clones": 0,
          "memorySavedKib": 0
        }

        """,
        Encoding.UTF8.GetString(FactoryJson.Status(new FactoryStatusResponse())));

    [Fact]
    public void Should_refuse_a_manifest_that_is_no_json() => Assert.ThrowsAny<JsonException>(
        () => FactoryJson.Status(new FactoryStatusResponse { Template = new FactoryTemplate { Manifest = ByteString.CopyFromUtf8("{") } }));
}

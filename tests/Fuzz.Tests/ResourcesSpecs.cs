using Google.Protobuf;
using KataActors.Agent.Containers;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Containers;

namespace KataActors.Fuzz.Tests;

/// <summary>The document of <c>update --resources</c>, from its bytes to the limits in the guest.</summary>
public sealed class ResourcesSpecs
{
    private const string Document = "resources";

    // A larger document may become too large: what is written is escaped.
    private const int MostBytes = ResourcesUpdate.MaxBytes / 8;

    private static readonly ResourcesSpec s_before = new()
    {
        Cpu = new CpuSpec { Quota = 50_000, Period = 100_000, Shares = 512, Cpus = "0" },
        Memory = new MemorySpec { Limit = 64 * 1024 * 1024 },
        Pids = new PidsSpec { Limit = 100 },
        Unified = new Dictionary<string, string> { ["memory.high"] = "1G" },
    };

    [Fact]
    public void Should_accept_the_whole_corpus() => Assert.All(Corpus.Read("resources"), json => Assert.Null(Take(json)));

    [Fact]
    public void Should_refuse_or_accept_any_changed_resources() =>
        Campaign.Run(2000, random => Corpus.Draw("resources", random), (document, random) => document.Change(random), document =>
        {
            var bytes = document.ToBytes();
            if (Campaign.Bounded(() => Take(bytes)) is { } message)
            {
                Refusal.Check(message, Document, document);
            }
        });

    [Theory]
    [MemberData(nameof(Corpus.Refused), "resources", MemberType = typeof(Corpus))]
    public void Should_refuse_what_was_accepted_or_failed_once(string file, string message) => Assert.Equal(message, Take(Corpus.ReadRefused(file)));

    private static string? Take(byte[] json)
    {
        var before = ResourcesUpdate.Write(s_before);
        if (!ResourcesUpdate.TryParse(json, out var change, out var error))
        {
            return error.Message;
        }

        if (json.Length < MostBytes)
        {
            var written = ResourcesUpdate.Write(change);
            Assert.True(ResourcesUpdate.TryParse(written, out var again, out error), error?.Message);
            Assert.Equal(written, ResourcesUpdate.Write(again));
        }

        Assert.All(PassedOver.List(change), item => Assert.InRange(item.Length, 1, 600));
        var applied = ResourcesUpdate.TryApply(s_before, change, out var after, out error);
        Assert.Equal(before, ResourcesUpdate.Write(s_before));
        if (!applied)
        {
            return error!.Message;
        }

        var request = UpdateContainerRequest.Parser.ParseFrom(GuestSpec.UpdateRequest(after, "c1").ToByteArray());
        Assert.All(CgroupLimits.Whole(request.Resources), limit => Assert.NotEmpty(limit.Value));
        return null;
    }
}

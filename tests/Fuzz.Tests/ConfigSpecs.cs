using KataActors.Agent.Containers;
using KataActors.Agent.Setup;
using KataActors.Model;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;

namespace KataActors.Fuzz.Tests;

/// <summary>config.json, from its bytes to the request that the agent accepts: all that happens before the first effect of a creation.</summary>
public sealed class ConfigSpecs
{
    private const string Document = "config.json";

    [Fact]
    public void Should_accept_the_whole_corpus() => Assert.All(Corpus.Read("config"), json => Assert.Null(Take(json)));

    [Fact]
    public void Should_refuse_or_accept_any_changed_config() =>
        Campaign.Run(1000, random => Corpus.Draw("config", random), (document, random) => document.Change(random), document =>
        {
            var bytes = document.ToBytes();
            if (Campaign.Bounded(() => Take(bytes)) is { } message)
            {
                Refusal.Check(message, Document, document, "annotation ");
            }
        });

    [Theory]
    [MemberData(nameof(Corpus.Refused), "config", MemberType = typeof(Corpus))]
    public void Should_refuse_what_was_accepted_or_failed_once(string file, string message) => Assert.Equal(message, Take(Corpus.ReadRefused(file)));

    // The refusal's message, or null.
    private static string? Take(byte[] json)
    {
        var key = new ContainerKey("/run/fuzz", "c1");
        if (!SpecParser.TryParse(json, out var spec, out var error) || !ContainerPlacement.TryResolve(spec, ContainerId.Parse(key.Id), out _, out error))
        {
            return error.Message;
        }

        Assert.All(PassedOver.List(spec), item => Assert.InRange(item.Length, 1, 600));
        Assert.All(MountPlan.Binds(spec), bind => Assert.InRange(bind.MountIndex, 0, spec.Mounts.Count - 1));
        Assert.NotEmpty(MountPlan.MountPoints(spec));
        CheckPlace(spec);
        var resources = spec.Linux?.Resources;
        Assert.InRange(CpuQuota.Merge([new CpuRequest(resources?.Cpu?.Quota, resources?.Cpu?.Period)], default)?.ForKernel(5).QuotaUs ?? 1, 1, long.MaxValue);
        Assert.True(CpuList.TryParse(resources?.Cpu?.Cpus ?? "", out _) && CpuList.TryParse(resources?.Cpu?.Mems ?? "", out _));
        CheckAgent(CreateContainerRequest.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(GuestSpec.CreateRequest(spec, GuestPaths.IdOf(key)))));
        return null;
    }

    private static void CheckPlace(RuntimeSpec spec)
    {
        try
        {
            new CgroupDefaults { ParentFromSpec = true }.Place(spec, Guid.Empty);
        }
        catch (FormatException)
        {
            // The sandbox refuses it by this.
        }
    }

    private static void CheckAgent(CreateContainerRequest request)
    {
        try
        {
            SpecRules.Check(request);
            Assert.All(request.OCI.Mounts, mount => Assert.NotNull(MountOptionSet.Parse(mount.Options)));
            Assert.All(CgroupLimits.Whole(request.OCI.Linux?.Resources), limit => Assert.NotEmpty(limit.Value));
        }
        catch (TtrpcException failure)
        {
            Assert.NotEmpty(failure.Message);
        }
    }
}

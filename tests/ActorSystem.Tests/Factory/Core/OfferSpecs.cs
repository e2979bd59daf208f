using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Factory.Core;

/// <summary>
/// The VM offered for a request, by observed facts. The template and the pool have one vCPU and 256 MiB; their VMs may have four vCPUs.
/// </summary>
public sealed class OfferSpecs
{
    private static readonly FactoryContext s_context = FactoryDecider.Usual with { Settings = new FactorySettings(EnableTemplate: true, "", 1, 1, ConcurrentBoots: 1) };

    /// <summary>The offer for the usual request, by the states of a pool VM and of the template, and by a free place for a boot.</summary>
    public static TheoryData<string, string, bool, string> Table => new()
    {
        { "Waiting", "Ready", false, "pool" },
        { "Waiting", "Ready", true, "pool" },
        { "Waiting", "Making", false, "pool" },
        { "Waiting", "Failed", true, "pool" },
        { "Booting", "Unseen", true, "look" },
        { "Booting", "Unseen", false, "later" },
        { "Booting", "Ready", true, "template" },
        { "Booting", "Ready", false, "later" },
        { "Booting", "None", true, "making" },
        { "Booting", "None", false, "making" },
        { "Booting", "Checking", true, "later" },
        { "Booting", "Making", true, "later" },
        { "Booting", "Removing", true, "later" },
        { "Booting", "Failed", true, "cold" },
        { "Booting", "Failed", false, "later" },
        { "Booting", "Off", true, "cold" },
        { "Ending", "Off", true, "cold" },
        { "Granted", "Off", true, "cold" },
        { "Orphaned", "Off", true, "cold" },
        { "Ending", "Ready", true, "template" },
        { "Granted", "Ready", true, "template" },
        { "Orphaned", "Ready", true, "template" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Should_offer_what_there_is(string vm, string template, bool mayBoot, string offered) =>
        Assert.Equal(offered, Offer(new Facts(vm, template, mayBoot)));

    [Theory]
    [InlineData(1, 256, "template", 1)]
    [InlineData(3, 256, "template", 1)]
    [InlineData(4, 256, "template", 1)]
    [InlineData(5, 256, "cold", 5)]
    [InlineData(1, 512, "cold", 1)]
    public void Should_clone_for_the_templates_memory_and_leave_the_missing_vcpus_to_be_plugged(uint vcpus, uint memoryMib, string source, int atBoot)
    {
        var vm = Assert.IsType<VmOffer.Grant>(Strategy(new Facts("Booting", "Ready", true), vcpus, memoryMib)).Vm;

        Assert.Equal((source, atBoot), (vm.Source, vm.Config.VcpuCount));
        Assert.Equal(source == "template", vm.Config.Template is { Use: TemplateUse.Clone });
    }

    [Fact]
    public void Should_boot_cold_with_all_its_vcpus_when_the_clone_has_failed()
    {
        var vm = Assert.IsType<VmOffer.Grant>(Strategy(new Facts("Waiting", "Ready", true), vcpus: 3, cloneFailure: "it died")).Vm;

        Assert.Equal(("cold", 3), (vm.Source, vm.Config.VcpuCount));
    }

    [Fact]
    public void Should_give_a_vm_of_the_pool_the_run_directory_of_its_sandbox_and_tell_its_own()
    {
        var vm = Assert.IsType<VmOffer.Grant>(Strategy(new Facts("Waiting", "Off", false))).Vm;

        Assert.Equal(("/run/h", FactoryDecider.Config(FactoryDecider.Vm(1)).RunDirectory), (vm.Config.RunDirectory, vm.Running!.Directory));
    }

    private static string Offer(Facts facts) => Strategy(facts) switch
    {
        VmOffer.Grant grant => grant.Vm.Source,
        VmOffer.Later { Need: TemplateNeed.Look } => "look",
        VmOffer.Later { Need: TemplateNeed.Making } => "making",
        VmOffer.Later => "later",
        var other => other.ToString()!,
    };

    private static VmOffer Strategy(Facts facts, uint vcpus = 1, uint memoryMib = 256, string? cloneFailure = null) => s_context.Strategy.Offer(
        FactoryDecider.Request(FactoryDecider.Sandbox(1), vcpus, memoryMib, cloneFailure),
        new OfferFacts([VmOf(facts.Vm)], TemplateOf(facts.Template), IsTemplateUnchanged: facts.Template != "Unseen", facts.MayBoot));

    private static FactoryVm VmOf(string state)
    {
        var uuid = FactoryDecider.Vm(1);
        return state switch
        {
            "Booting" => new FactoryVm.Booting(uuid, VmSources.Cold),
            "Waiting" => new FactoryVm.Waiting(FactoryDecider.Config(uuid), new ProcessIdentity(1, 1)),
            "Granted" => new FactoryVm.Granted(uuid, FactoryDecider.Sandbox(2), new Named("sandbox 2")),
            "Ending" => new FactoryVm.Ending(uuid, null),
            _ => new FactoryVm.Orphaned(uuid, IsOfEarlierDaemon: false),
        };
    }

    private static TemplateLife TemplateOf(string state) => state switch
    {
        "Unseen" => TemplateLife.Of(FactoryDecider.View(TemplateState.Ready)),
        "None" => TemplateLife.Of(FactoryDecider.View(TemplateState.Absent)),
        "Removing" => new TemplateLife.Removing(FactoryDecider.View(TemplateState.Ready), Existed: true),
        _ => TemplateLife.Of(FactoryDecider.View(Enum.Parse<TemplateState>(state))),
    };

    private sealed record Facts(string Vm, string Template, bool MayBoot);
}

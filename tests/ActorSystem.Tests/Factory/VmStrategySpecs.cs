using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>Which VM a request of which size gets from a template of one vCPU and 256 MiB, whose VMs may have four.</summary>
public sealed class VmStrategySpecs : IDisposable
{
    private static readonly VmDefaults s_defaults = new("/q", "q35", "tcg", "/k", "/i", "", "", 1, 4, 256, false);

    private readonly TemporaryDirectory _directory = new();
    private readonly TemplateStrategy _template;

    public VmStrategySpecs() => _template = new TemplateStrategy(
        new DirectStrategy(s_defaults, new HostVirtualization("no /dev/kvm", false)), s_defaults, new TemplateFiles(_directory.Path));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1, 256, "template", 1)]
    [InlineData(3, 256, "template", 1)]
    [InlineData(4, 256, "template", 1)]
    [InlineData(5, 256, "cold", 5)]
    [InlineData(1, 512, "cold", 1)]
    public void Should_clone_for_the_templates_memory_and_leave_the_missing_vcpus_to_be_plugged(uint vcpus, uint memoryMib, string source, int atBoot)
    {
        _template.View = new TemplateView(TemplateState.Ready, "", "", null, []);

        var vm = Assert.IsType<VmOffer.Grant>(_template.Offer(Request(vcpus, memoryMib), mayBoot: true)).Vm;

        Assert.Equal((source, atBoot), (vm.Source, vm.Config.VcpuCount));
        Assert.Equal(source == "template", vm.Config.Template is { Use: TemplateUse.Clone });
    }

    [Fact]
    public void Should_boot_cold_with_all_its_vcpus_when_the_clone_has_failed()
    {
        _template.View = new TemplateView(TemplateState.Ready, "", "", null, []);

        var vm = Assert.IsType<VmOffer.Grant>(_template.Offer(Request(3, 256) with { CloneFailure = "it died" }, mayBoot: true)).Vm;

        Assert.Equal(("cold", 3), (vm.Source, vm.Config.VcpuCount));
    }

    private static RequestVm Request(uint vcpus, uint memoryMib) => new(new VmIdentity("h", Guid.NewGuid(), "/run/h"), vcpus, memoryMib);
}

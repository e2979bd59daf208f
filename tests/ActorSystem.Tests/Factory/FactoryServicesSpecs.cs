using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Tests.Factory.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>The parts of an orphan that are torn down.</summary>
public sealed class FactoryServicesSpecs
{
    private static readonly Guid s_vm = Guid.NewGuid();
    private readonly List<(string Name, CgroupPlacement Placement)> _groups = [];

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    [InlineData(false, true, true)]
    public void Should_take_the_cgroups_of_a_vm_of_the_pool_all_folders_and_nothing_without_a_record_of_an_earlier_daemon(
        bool hasRunDirectory, bool hasTemplateFolder, bool isOfEarlierDaemon)
    {
        var remains = Services().RemainsOf(new Orphan(s_vm, hasRunDirectory, hasTemplateFolder, isOfEarlierDaemon));

        Assert.Equal((s_vm, "/q", isOfEarlierDaemon), (remains.Vm, remains.QemuPath, remains.OnlyWhileRecorded));
        Assert.Equal(hasTemplateFolder ? [$"/run/factory/{s_vm:N}", $"/run/template/making-{s_vm:D}"] : [$"/run/factory/{s_vm:N}"], remains.Folders);
        remains.MakeGroups?.Invoke();
        Assert.Equal(hasRunDirectory ? [(FactoryDirectory.CgroupOf(s_vm), FactoryDirectory.Cgroups)] : [], _groups);
    }

    private FactoryServices Services() => new(
        FactoryDecider.Usual.Settings,
        FactoryDecider.Usual.Vm,
        FactoryDecider.Usual.Host,
        new FactoryDirectory("/run/factory", "/q"),
        new TemplateFiles("/run/template"),
        new SandboxChildren(() => Props.Empty, Group, _ => Props.Empty, () => Props.Empty),
        TimeSpan.Zero,
        TimeSpan.Zero);

    private Props Group(string name, CgroupPlacement placement)
    {
        _groups.Add((name, placement));
        return Props.Empty;
    }
}

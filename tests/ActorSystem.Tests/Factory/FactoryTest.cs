using Akka.Actor;
using Akka.Hosting;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>Actors of the factory, with a directory of their own, on a host without KVM.</summary>
public abstract class FactoryTest : Akka.Hosting.TestKit.TestKit
{
    /// <summary>Holds the run directories, in <c>factory</c>, and the template, in <c>template</c>.</summary>
    private protected TemporaryDirectory Folder { get; } = new();

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        Folder.Dispose();
    }

    private protected static RequestVm Request(uint vcpus = 1, uint memoryMib = 256) => new(new VmIdentity("h", Guid.NewGuid(), "/run/h"), vcpus, memoryMib);

    /// <summary>Its VMs have one vCPU, up to four, and 256 MiB.</summary>
    private protected FactoryServices Services(FactorySettings settings, SandboxChildren children) => new(
        settings,
        new VmDefaults("/q", "q35", "tcg", "/k", "/i", "", "", 1, 4, 256, false),
        new HostVirtualization("no /dev/kvm", false),
        new FactoryDirectory(Folder.File("factory"), "/q"),
        new TemplateFiles(Folder.File("template")),
        children,
        Deadline.Span,
        Deadline.Span);

    private protected static FactorySettings Settings(bool template, int poolMinimum, int poolMaximum, int boots = 2) =>
        new(template, TemplatePath: "", poolMinimum, poolMaximum, boots);

    private protected IActorRef Create(FactoryServices services) => Sys.ActorOf(FactoryActor.Props(services));

    private protected static Task<FactoryStatus> StatusAsync(IActorRef factory) => factory.Ask<FactoryStatus>(new GetStatus(), Deadline.Span);

    private protected async Task<FactoryStatus> StatusAsync(IActorRef factory, Func<FactoryStatus, bool> wanted)
    {
        FactoryStatus? last = null;
        await AwaitAssertAsync(async () => Assert.True(wanted(last = await StatusAsync(factory))), Deadline.Span);
        return last!;
    }
}

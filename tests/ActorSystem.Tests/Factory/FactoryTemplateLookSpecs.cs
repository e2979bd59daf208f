using Akka.Actor;
using Akka.Hosting;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Factory.Core;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>
/// A factory with a template, with small files in place of QEMU, kernel, initramfs, memory and state. No other template can be made.
/// </summary>
public sealed class FactoryTemplateLookSpecs : Akka.Hosting.TestKit.TestKit
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TemplateFiles _files;

    public FactoryTemplateLookSpecs() => _files = new TemplateFiles(Path.Combine(_directory.Path, "template"));

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_clone_the_template_as_long_as_its_files_are_what_they_were()
    {
        var factory = Create();

        foreach (var _ in new int[3])
        {
            Assert.Equal(VmSources.Template, await AskAsync(factory));
        }

        Assert.Equal(3, (await factory.Ask<FactoryStatus>(new GetStatus(), Deadline.Span)).Counts.TemplateHits);
    }

    [Theory]
    [InlineData("qemu")]
    [InlineData("template/current/memory")]
    public async Task Should_not_clone_the_template_any_more_when_a_file_has_changed(string file)
    {
        var factory = Create();
        Assert.Equal(VmSources.Template, await AskAsync(factory));

        ProgramFile.Write(_directory.File(file), "#!/bin/sh\necho 'QEMU emulator version 8.0.0'\n");

        Assert.Equal(VmSources.Cold, await AskAsync(factory));
        Assert.Equal(TemplateState.Failed, (await factory.Ask<FactoryStatus>(new GetStatus(), Deadline.Span)).Template.State);
    }

    private static async Task<string> AskAsync(IActorRef factory)
    {
        var request = new RequestVm(new VmIdentity("h", Guid.NewGuid(), "/run/h"), 1, 256);
        var granted = await factory.Ask<VmGranted>(request, Deadline.Span);
        factory.Tell(new BootEnded(request.Identity.Uuid));
        return granted.Source;
    }

    private IActorRef Create()
    {
        ProgramFile.Write(_directory.File("qemu"), "#!/bin/sh\necho 'QEMU emulator version 7.2.22 (Debian)'\n");
        File.WriteAllText(_directory.File("kernel"), "kernel");
        File.WriteAllText(_directory.File("initramfs"), "initramfs");
        var services = new FactoryServices(
            new FactorySettings(EnableTemplate: true, TemplatePath: "", PoolMinimum: 0, PoolMaximum: 0, ConcurrentBoots: 2),
            new VmDefaults(_directory.File("qemu"), "q35", "tcg", _directory.File("kernel"), _directory.File("initramfs"), "", "", 1, 1, 256, false),
            new HostVirtualization("no /dev/kvm", false),
            new FactoryDirectory(_directory.File("factory"), _directory.File("qemu")),
            _files,
            new SandboxChildren(FailToStart, (_, _) => FailToStart(), _ => FailToStart(), FailToStart),
            Deadline.Span,
            Deadline.Span);
        MakeTemplate(Assert.IsType<VmConfig>(new DirectStrategy(services.Vm, services.Host).Describe(services.Directory.NewVm("template"), 1, 256)));
        return Sys.ActorOf(FactoryActor.Props(services));
    }

    private void MakeTemplate(VmConfig config)
    {
        var making = _files.BeginMaking(config.Uuid);
        File.WriteAllText(making.MemoryFile, "memory");
        File.WriteAllText(making.StateFile, "state");
        RegularFile.Write(TemplateFiles.ManifestIn(making.Directory), TemplateFacts.Of(config).With(making).Sealed().ToJson(), TemplateFiles.FileMode);
        _files.Commit(config.Uuid);
    }

    private static Props FailToStart() => throw new InvalidOperationException("no VM is started in these tests");
}

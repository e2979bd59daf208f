using Akka.Actor;
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
public sealed class FactoryTemplateLookSpecs : FactoryTest
{
    [Fact]
    public async Task Should_clone_the_template_as_long_as_its_files_are_what_they_were()
    {
        var factory = Create();

        foreach (var _ in new int[3])
        {
            Assert.Equal(VmSources.Template, await AskAsync(factory));
        }

        Assert.Equal(3, (await StatusAsync(factory)).Counts.TemplateHits);
    }

    [Theory]
    [InlineData("qemu")]
    [InlineData("template/current/memory")]
    public async Task Should_not_clone_the_template_any_more_when_a_file_has_changed(string file)
    {
        var factory = Create();
        Assert.Equal(VmSources.Template, await AskAsync(factory));

        ProgramFile.Write(Folder.File(file), "#!/bin/sh\necho 'QEMU emulator version 8.0.0'\n");

        Assert.Equal(VmSources.Cold, await AskAsync(factory));
        Assert.Equal(TemplateState.Failed, (await StatusAsync(factory)).Template.State);
    }

    private static async Task<string> AskAsync(IActorRef factory)
    {
        var request = Request();
        var granted = await factory.Ask<VmGranted>(request, Deadline.Span);
        factory.Tell(new BootEnded(request.Identity.Uuid));
        return granted.Source;
    }

    private IActorRef Create()
    {
        ProgramFile.Write(Folder.File("qemu"), "#!/bin/sh\necho 'QEMU emulator version 7.2.22 (Debian)'\n");
        File.WriteAllText(Folder.File("kernel"), "kernel");
        File.WriteAllText(Folder.File("initramfs"), "initramfs");
        var services = Services(Settings(template: true, 0, 0), new SandboxChildren(FailToStart, (_, _) => FailToStart(), _ => FailToStart(), FailToStart));
        services = services with
        {
            Vm = services.Vm with { QemuPath = Folder.File("qemu"), KernelPath = Folder.File("kernel"), InitramfsPath = Folder.File("initramfs") },
        };
        MakeTemplate(services.Template, Assert.IsType<VmConfig>(new DirectStrategy(services.Vm, services.Host).Describe(services.Directory.NewVm("template"), 1, 256)));
        return Create(services);
    }

    private static void MakeTemplate(TemplateFiles files, VmConfig config)
    {
        var making = files.BeginMaking(config.Uuid);
        File.WriteAllText(making.MemoryFile, "memory");
        File.WriteAllText(making.StateFile, "state");
        RegularFile.Write(TemplateFiles.ManifestIn(making.Directory), TemplateFacts.Of(config).With(making).Sealed().ToJson(), TemplateFiles.FileMode);
        files.Commit(config.Uuid);
    }

    private static Props FailToStart() => throw new InvalidOperationException("no VM is started in these tests");
}

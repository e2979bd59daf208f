namespace KataActors.Kvm.Tests;

/// <summary>The pool, and a template of another accelerator.</summary>
[Trait(KvmHost.Lane, KvmHost.Whole)]
public sealed class FactorySpecs(KvmHost host)
{
    [Fact]
    public async Task Should_give_a_vm_of_the_pool_and_fill_the_pool_again()
    {
        await using var factory = await KvmHost.StartAsync(pool: 1);
        await factory.ReadyAsync(1);
        var waiting = Assert.Single(factory.Vmms());
        var id = factory.Daemon.NewId();

        var run = await factory.RunAsync(id, factory.Daemon.ShellBundle("echo hello; exec sleep 1000"));

        await run.OutputAsync("hello\n");
        var sandbox = await factory.Daemon.InspectAsync(id);
        Assert.Equal(("pool", waiting), ((string)sandbox["vmSource"]!, (int)sandbox["vmmPid"]!));
        await factory.ReadyAsync(1);
    }

    // The other way round emulation would have to boot in the test VM, which takes minutes; the comparison is the same.
    [Fact]
    public async Task Should_not_share_a_template_with_emulation()
    {
        await host.Daemon.SucceedAsync("factory", "init");
        Assert.Equal("ready", await host.Factory.TemplateStateAsync());
        await using var emulated = await KvmHost.StartAsync(
            configuration: $"kata-actors.hypervisor.accelerator = \"tcg\"\nkata-actors.factory.template-path = \"{host.Factory.Folder}\"");

        var template = (await emulated.StatusAsync())["template"]!;

        Assert.Equal("absent", (string)template["state"]!);
        Assert.Contains("machine is \"q35 kvm\" and should be \"q35 tcg\"", (string)template["problem"]!, StringComparison.Ordinal);
    }
}

namespace KataActors.Kvm.Tests;

/// <summary>The pool, and a template of another accelerator.</summary>
[Trait(KvmHost.Lane, KvmHost.Whole)]
public sealed class FactorySpecs
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

    [Fact]
    public async Task Should_not_use_a_template_that_was_made_by_emulation()
    {
        await using var emulated = await KvmHost.StartAsync(configuration: "kata-actors.hypervisor.accelerator = \"tcg\"");
        await emulated.Daemon.SucceedAsync("factory", "init");
        await using var factory = await KvmHost.StartAsync(configuration: $"kata-actors.factory.template-path = \"{emulated.Folder}\"");

        var template = (await factory.StatusAsync())["template"]!;

        Assert.Equal("absent", (string)template["state"]!);
        Assert.Matches("machine is \".*tcg.*\" and should be \".*kvm.*\"", ((string)template["problem"]!).ToLowerInvariant());
    }
}

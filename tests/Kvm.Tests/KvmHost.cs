using System.Runtime.InteropServices;

[assembly: AssemblyFixture(typeof(KataActors.Kvm.Tests.KvmHost))]

namespace KataActors.Kvm.Tests;

/// <summary>A daemon whose VMs run under KVM, as clones, and may have three vCPUs.</summary>
public sealed class KvmHost : IAsyncLifetime
{
    /// <summary>The trait of what only <c>make test-kvm</c> runs: a daemon of its own is half a minute in the test VM.</summary>
    public const string Lane = "Lane";

    /// <summary>The value of that trait.</summary>
    public const string Whole = "whole";

    private FactoryUnderTest? _factory;

    internal FactoryUnderTest Factory => _factory!;

    internal DaemonUnderTest Daemon => Factory.Daemon;

    /// <summary>Another daemon.</summary>
    /// <param name="pool">So many VMs wait ready.</param>
    /// <param name="template">Whether VMs are clones.</param>
    /// <param name="configuration">HOCON over the rest.</param>
    internal static Task<FactoryUnderTest> StartAsync(int pool = 0, bool template = true, string configuration = "") => FactoryUnderTest.StartAsync(pool, template, $$"""
        kata-actors.hypervisor { accelerator = "kvm", default-maxvcpus = 3 }
        kata-actors.deadlines { agent-farewell = 20 s, stop-step = 20 s, reconcile = 2 m, kill = 1 m, journal = 150 s }
        akka.persistence.journal.sql.recovery-event-timeout = 140 s
        {{configuration}}
        """);

    public async ValueTask InitializeAsync() => _factory = await StartAsync();

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    /// <summary>Runs a container in a VM that must come from <paramref name="source"/>.</summary>
    internal async Task<(string Id, RunningCommand Run)> RunAsync(string source, string script, SafeHandle? stdin = null)
    {
        var id = Daemon.NewId();
        var create = Daemon.Start(stdin, null, "create", "--bundle", Daemon.ShellBundle(script).Path, id);
        (await create.FinishAsync()).MustSucceed();
        Assert.Equal(source, await Factory.SourceAsync(id));
        await Daemon.SucceedAsync("start", id);
        return (id, create);
    }

    /// <summary>The pid of the QEMU of a container's VM.</summary>
    internal async Task<int> VmmAsync(string id) => (int)(await Daemon.InspectAsync(id))["vmmPid"]!;
}

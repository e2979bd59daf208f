using KataActors.Agent.Tests;
using KataActors.Protocol.Agent;

[assembly: AssemblyFixture(typeof(GuestFixture))]

namespace KataActors.Agent.Tests;

/// <summary>One VM with one sandbox, for all tests that bring containers of their own.</summary>
public sealed class GuestFixture : IAsyncDisposable
{
    internal const string SharedFolder = "/run/kata-containers/shared/containers";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private GuestVm? _vm;
    private int _names;

    /// <summary>The VM, booted at first use.</summary>
    internal async Task<GuestVm> VmAsync()
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _vm ??= await BootWithSandboxAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A container of the given command, not created yet, with a busybox root of its own.</summary>
    internal async Task<GuestContainer> ContainerAsync(params string[] command) =>
        new(await VmAsync(), $"container-{Interlocked.Increment(ref _names)}", command);

    /// <summary>Boots a VM and creates a sandbox that has the share mounted.</summary>
    internal static async Task<GuestVm> BootWithSandboxAsync()
    {
        var vm = await GuestVm.BootAsync();
        await CreateSandboxAsync(vm);
        return vm;
    }

    /// <summary>Creates a sandbox that has the share mounted.</summary>
    internal static async Task CreateSandboxAsync(GuestVm vm, GuestIdentity? identity = null, string id = "sandbox", string hostname = "guest-of-tests")
    {
        var request = new CreateSandboxRequest { SandboxId = id, Hostname = hostname, Identity = identity };
        request.Storages.Add(new Storage
        {
            Driver = "9p",
            Source = "kataShared",
            Fstype = "9p",
            MountPoint = SharedFolder,
            Options = { "trans=virtio", "version=9p2000.L", "cache=mmap", "msize=262144", "nodev" },
        });
        await vm.Agent.CreateSandboxAsync(request, GuestVm.CallTimeout, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_vm is { } vm)
        {
            await vm.DisposeAsync();
        }

        _gate.Dispose();
    }
}

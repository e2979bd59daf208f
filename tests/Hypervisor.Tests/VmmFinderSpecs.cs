using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

public sealed class VmmFinderSpecs
{
    [Fact]
    public async Task Should_end_and_reap_the_vmm_of_a_uuid_and_no_other()
    {
        using var vmm = PlayedVmm.Start();
        using var other = PlayedVmm.Start();

        await VmmFinder.EndAsync(vmm.Uuid, PlayedVmm.Program);

        // An unreaped dead child would still be there.
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
        Assert.Single(VmmFinder.Find(other.Uuid, PlayedVmm.Program));
    }

    [Fact]
    public async Task Should_end_all_that_are_this_vm()
    {
        using var first = PlayedVmm.Start();
        using var second = PlayedVmm.Start(first.Uuid);
        Assert.Equal([first.Pid, second.Pid], VmmFinder.Find(first.Uuid, PlayedVmm.Program).Select(vmm => vmm.Pid).Order());

        await VmmFinder.EndAsync(first.Uuid, PlayedVmm.Program);

        Assert.Null(ProcessIdentity.TryRead(first.Pid));
        Assert.Null(ProcessIdentity.TryRead(second.Pid));
    }

    [Fact]
    public async Task Should_neither_find_nor_end_a_process_of_another_user()
    {
        var uuid = Guid.NewGuid();
        using var impostor = await ImpostorAsync($"exec setpriv --reuid 65534 --clear-groups {PlayedVmm.Program} -c 'echo ready; read end <&3' -uuid {uuid}");
        using var vmm = PlayedVmm.Start(uuid);

        Assert.Equal(vmm.Pid, Assert.Single(VmmFinder.Find(uuid, PlayedVmm.Program)).Pid);
        await VmmFinder.EndAsync(uuid, PlayedVmm.Program);

        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
        Assert.True(impostor.IsAlive);
    }

    [Fact]
    public async Task Should_neither_find_nor_end_a_process_that_runs_another_program()
    {
        var uuid = Guid.NewGuid();
        using var impostor = await ImpostorAsync($"exec {PlayedVmm.Program} -c 'echo ready; read end <&3' -uuid {uuid}");

        Assert.Empty(VmmFinder.Find(uuid, "/usr/bin/qemu-system-x86_64"));
        await VmmFinder.EndAsync(uuid, "/usr/bin/qemu-system-x86_64");

        Assert.True(impostor.IsAlive);
    }

    [Fact]
    public async Task Should_still_find_a_vmm_whose_program_was_replaced_or_is_configured_elsewhere_now()
    {
        using var directory = new TempDirectory();
        var (program, uuid) = (directory["qemu"], Guid.NewGuid());
        File.Copy(PlayedVmm.Program, program);
        using var vmm = await ImpostorAsync($"exec {program} -c 'echo ready; read end <&3' -uuid {uuid}");

        File.Copy(PlayedVmm.Program, directory["new"]);
        File.Move(directory["new"], program, overwrite: true);

        Assert.Single(VmmFinder.Find(uuid, program));
        Assert.Single(VmmFinder.Find(uuid, "/opt/qemu"));
    }

    [Fact]
    public async Task Should_find_nothing_wrong_with_a_vmm_that_is_not_there()
    {
        await VmmFinder.EndAsync(Guid.NewGuid(), PlayedVmm.Program);
    }

    private static async Task<Impostor> ImpostorAsync(string script)
    {
        var (read, write) = Descriptors.Pipe();
        using (read)
        {
            var child = ChildScript.Start(script, read);
            Assert.Equal("ready", await child.ReadLineAsync());
            return new Impostor(child, write);
        }
    }

    private sealed class Impostor(ChildScript child, IDisposable input) : IDisposable
    {
        public bool IsAlive => ProcessIdentity.TryRead(child.Pid)!.Value.IsAlive();

        public void Dispose()
        {
            child.Dispose();
            input.Dispose();
        }
    }
}

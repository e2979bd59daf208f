namespace KataActors.EndToEnd.Tests;

/// <summary>Several containers in one VM, by CRI's annotations.</summary>
public sealed class PodSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string ContainerType = "io.kubernetes.cri.container-type";
    private const string SandboxId = "io.kubernetes.cri.sandbox-id";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_run_a_container_in_the_vm_of_its_sandbox()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var (sandbox, pause) = (_daemon.NewId(), SandboxBundle());
        await _daemon.SucceedAsync("run", "--detach", "--bundle", pause.Path, sandbox);
        var (container, bundle) = (_daemon.NewId(), ContainerBundle(sandbox, "echo here; exec sleep 1000"));
        var create = _daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, container);
        (await create.FinishAsync()).MustSucceed();
        using var standIn = ReapedProcess.FromPidFile(bundle.PidFile);
        await _daemon.SucceedAsync("start", container);
        await create.OutputAsync("here");

        var inspected = await _daemon.InspectAsync(sandbox);
        Assert.Equal([sandbox, container], inspected["containers"]!.AsArray().Select(item => (string)item!["id"]!).Order());
        Assert.Single((await _daemon.JsonAsync("sandbox", "list", "--format", "json")).AsArray());

        (await _daemon.RunAsync("delete", sandbox)).MustFail(1, $"\"{sandbox}\"");
        await _daemon.SucceedAsync("kill", sandbox, "KILL");
        await _daemon.StatusAsync(sandbox, "stopped");
        (await _daemon.RunAsync("delete", sandbox)).MustFail(1, $"\"{sandbox}\"", "still has containers", container);
        Assert.Equal("running", await _daemon.StatusAsync(container));

        await _daemon.SucceedAsync("kill", container, "KILL");
        Assert.Equal(137, await standIn.ExitCodeAsync());
        await _daemon.SucceedAsync("delete", container);
        await _daemon.SucceedAsync("delete", sandbox);
        RemoveBundles(pause, bundle);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_deliver_each_container_s_own_exit_code_and_output()
    {
        var (sandbox, pause) = (_daemon.NewId(), SandboxBundle());
        await _daemon.SucceedAsync("run", "--detach", "--bundle", pause.Path, sandbox);

        var runs = await Task.WhenAll(Enumerable.Range(1, 3).Select(number => _daemon.RunAsync(
            "run", "--bundle", ContainerBundle(sandbox, $"echo container {number}; exit {number}").Path, _daemon.NewId())));

        Assert.Equal([1, 2, 3], runs.Select(run => run.ExitCode));
        Assert.Equal(["container 1\n", "container 2\n", "container 3\n"], runs.Select(run => run.Output));
        await _daemon.SucceedAsync("delete", "--force", sandbox);
    }

    [Fact]
    public async Task Should_refuse_a_container_whose_sandbox_is_unknown()
    {
        var bundle = ContainerBundle("nowhere", "true");
        var before = await HostSnapshot.TakeAsync(_daemon);

        var create = await _daemon.RunAsync("create", "--bundle", bundle.Path, _daemon.NewId());

        create.MustFail(1, "\"nowhere\"");
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_share_the_pid_namespace_of_the_container_whose_stand_in_the_spec_names()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var (sandbox, pause) = (_daemon.NewId(), SandboxBundle());
        await _daemon.SucceedAsync("run", "--detach", "--bundle", pause.Path, "--pid-file", pause.PidFile, sandbox);
        var (container, bundle) = (_daemon.NewId(), Sharing(ContainerBundle(sandbox, "cat /proc/1/cmdline; echo; exec sleep 1001"), pause.PidFile));
        var create = _daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, container);
        (await create.FinishAsync()).MustSucceed();
        using var standIn = ReapedProcess.FromPidFile(bundle.PidFile);
        await _daemon.SucceedAsync("start", container);
        await create.OutputAsync("sleep\01000");
        var (beside, other) = (_daemon.NewId(), Sharing(ContainerBundle(sandbox, "cat /proc/[0-9]*/cmdline"), bundle.PidFile));

        var run = await _daemon.RunAsync("run", "--bundle", other.Path, beside);

        Assert.Contains("sleep\01001", run.Output, StringComparison.Ordinal);
        var stranger = ContainerBundle(sandbox, "true").With("linux.namespaces.0.path", "/proc/self/ns/pid");
        (await _daemon.RunAsync("run", "--bundle", stranger.Path, _daemon.NewId())).MustFail(1, "/proc/self/ns/pid", "is that of no container of sandbox");

        await _daemon.SucceedAsync("kill", sandbox, "KILL");
        Assert.Equal(137, await standIn.ExitCodeAsync());
        await _daemon.StatusAsync(container, "stopped");
        await _daemon.SucceedAsync("delete", container);
        await _daemon.SucceedAsync("delete", sandbox);
        RemoveBundles(pause, bundle, other, stranger);
        await before.MustBeRestoredAsync();
    }

    private static TestBundle Sharing(TestBundle bundle, string pidFile) => bundle.With("linux.namespaces.0.path", $"/proc/{File.ReadAllText(pidFile)}/ns/pid");

    private static void RemoveBundles(params TestBundle[] bundles)
    {
        foreach (var bundle in bundles)
        {
            Directory.Delete(bundle.Path, recursive: true);
        }
    }

    private TestBundle SandboxBundle() => _daemon.Bundle("sleep", "1000").WithAnnotation(ContainerType, "sandbox");

    private TestBundle ContainerBundle(string sandbox, string script) =>
        _daemon.ShellBundle(script).WithAnnotation(ContainerType, "container").WithAnnotation(SandboxId, sandbox);
}

namespace KataActors.EndToEnd.Tests;

/// <summary>Added processes in cases that runtimes got wrong, by their public bug reports.</summary>
public sealed class ExecCaseSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const int TenMib = 10 * 1024 * 1024;

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    // runc#3073. Callers make 127 and 126 of the words behind 255.
    [Fact]
    public async Task Should_fail_as_runc_does_and_leave_nothing_when_the_process_cannot_run()
    {
        var id = await RunAsync();
        var before = await HostSnapshot.TakeAsync(_daemon);

        await FailsAsync(255, "exec: \"nosuch\": executable file not found in $PATH", id, "nosuch");
        await FailsAsync(255, "exec: \"/nosuch\": stat /nosuch: no such file or directory", id, "/nosuch");
        await FailsAsync(255, "exec: \"/tmp\": permission denied", id, "/tmp");
        await FailsAsync(255, "/nosuch-folder", "--cwd", "/nosuch-folder", id, "true");
        await FailsAsync(255, "process.user.uid 4294967295", "--user", "4294967295", id, "true");
        await FailsAsync(2, "--user \"nobody\" is not the number of a user or group", "--user", "nobody", id, "true");

        await before.MustBeRestoredAsync();
        Assert.Equal("COMMAND\nsleep\nbusybox\n", (await _daemon.RunAsync("exec", id, "busybox", "ps", "-o", "comm")).MustSucceed().Output);
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    // kata#13643.
    [Fact]
    public async Task Should_lose_no_output_when_its_input_ends_first()
    {
        var id = await RunAsync();
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var exec = _daemon.Start(
            read, null, "exec", id, "sh", "-c", $"exec 3<&0; cat <&3 >/dev/null & echo ready >&2; busybox yes 0123456789abcde | head -c {TenMib}; wait; echo end >&2");
        await Eventually.TrueAsync(() => exec.Output.Length > 0, () => exec.Errors);
        write.Dispose();

        var result = (await exec.FinishAsync()).MustSucceed();

        Assert.Equal("ready\nend\n", result.Errors);
        Assert.Equal(TenMib, result.Output.Length);
        Assert.Equal(string.Concat(Enumerable.Repeat("0123456789abcde\n", TenMib / 16)), result.Output);
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_add_a_process_to_a_container_with_much_text_that_is_not_ascii()
    {
        var text = new string('ж', 55_000);
        var id = _daemon.NewId();
        var bundle = _daemon.Bundle("sleep", "1000").With("process.env", new JsonArray(["PATH=/bin", .. Enumerable.Range(0, 6).Select(i => (JsonNode)$"TEXT{i}={text}")]));
        (await _daemon.Start("create", "--bundle", bundle.Path, id).FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("start", id);

        Assert.Equal($"{text}\n", (await _daemon.RunAsync("exec", id, "sh", "-c", "echo $TEXT5")).MustSucceed().Output);

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_write_values_of_variables_into_no_log()
    {
        var id = await RunAsync();
        var log = Path.Combine(_daemon.Directory, "exec.log");

        var exec = await _daemon.RunAsync("--debug", "--log", log, "exec", "-e", "PASSWORD=much-secret", "--env=TOKEN=as-secret", id, "sh", "-c", "echo $PASSWORD $TOKEN");

        Assert.Equal("much-secret as-secret\n", exec.MustSucceed().Output);
        Assert.Contains("PASSWORD=... --env TOKEN=...", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.DoesNotContain("-secret", File.ReadAllText(log) + _daemon.Log, StringComparison.Ordinal);
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    // agent#370, without a terminal.
    [Fact]
    public async Task Should_end_with_its_process_when_a_child_holds_its_output()
    {
        var id = await RunAsync();
        var exec = _daemon.Start("exec", id, "sh", "-c", "sleep 500 & echo hi");

        Assert.Equal("hi\n", (await exec.FinishAsync(TimeSpan.FromSeconds(30))).MustSucceed().Output);

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    // containerd#8856, without a terminal.
    [Fact]
    public async Task Should_go_on_with_its_code_and_leave_nothing_when_the_daemon_is_killed()
    {
        var id = await RunAsync();
        var before = await HostSnapshot.TakeAsync(_daemon);
        var exec = _daemon.Start("exec", id, "sh", "-c", "echo up; sleep 1; echo on; exit 5");
        await exec.OutputAsync("up\n");

        _daemon.Kill();

        var result = await exec.FinishAsync();
        Assert.Equal((5, "up\non\n"), (result.ExitCode, result.Output));
        await before.MustBeRestoredAsync();
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    private async Task FailsAsync(int code, string words, params string[] arguments) =>
        (await _daemon.RunAsync(["exec", .. arguments])).MustFail(code, words);

    private async Task<string> RunAsync()
    {
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", _daemon.Bundle("sleep", "1000").Path, id);
        return id;
    }
}

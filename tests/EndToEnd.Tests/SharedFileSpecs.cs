namespace KataActors.EndToEnd.Tests;

/// <summary>A container's operations on shared files of the host.</summary>
public sealed class SharedFileSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_let_the_containers_root_do_with_files_what_root_does()
    {
        var bundle = Privileged(
            """
            cat /theirs; echo more >>/theirs
            echo x >/own; busybox chown 1234:2345 /own; busybox chmod 6755 /own; busybox stat -c %u:%g:%a /own
            busybox chown 1:1 /theirs; busybox chmod 600 /theirs; busybox mkdir -p /sticky; busybox chmod 1777 /sticky; busybox stat -c %a /sticky; busybox ln /theirs /link; busybox mv /link /sticky; busybox rm /sticky/link; echo $?
            """);
        var theirs = Path.Combine(bundle.Rootfs, "theirs");
        await File.WriteAllTextAsync(theirs, "theirs\n", TestContext.Current.CancellationToken);
        await _daemon.StartProgram(null, null, ["/usr/bin/chown", "4321:4321", theirs]).FinishAsync();
        File.SetUnixFileMode(theirs, UnixFileMode.UserRead);

        var run = await _daemon.RunAsync("run", "--bundle", bundle.Path, _daemon.NewId());

        Assert.Equal(("theirs\n1234:2345:6755\n1777\n0\n", ""), (run.Output, run.Errors));
        Assert.Equal("theirs\nmore\n", await File.ReadAllTextAsync(theirs, TestContext.Current.CancellationToken));
        Assert.Equal(
            "1234:2345:6755\n",
            (await _daemon.StartProgram(null, null, ["/usr/bin/stat", "-c", "%u:%g:%a", Path.Combine(bundle.Rootfs, "own")]).FinishAsync()).Output);
    }

    [Fact]
    public async Task Should_let_a_program_with_capabilities_be_written_and_given_away()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/setcap"), "no setcap");
        var bundle = Privileged("echo y >>/program && busybox chown 7:7 /program && cat /program && busybox stat -c %u /program");
        var program = Path.Combine(bundle.Rootfs, "program");
        await File.WriteAllTextAsync(program, "x\n", TestContext.Current.CancellationToken);
        (await _daemon.StartProgram(null, null, ["/usr/sbin/setcap", "cap_net_raw+ep", program]).FinishAsync()).MustSucceed();

        var run = await _daemon.RunAsync("run", "--bundle", bundle.Path, _daemon.NewId());

        Assert.Equal(("x\ny\n7\n", ""), (run.Output, run.Errors));
        Assert.Empty((await _daemon.StartProgram(null, null, ["/usr/sbin/getcap", program]).FinishAsync()).Output);
    }

    [Theory]
    [InlineData("0 0", "rbind")]
    [InlineData("0 0", "rbind", "ro", "rw")]
    [InlineData("1 1", "rbind", "ro")]
    [InlineData("1 1", "rbind", "rro")]
    [InlineData("1 1", "rbind", "rro", "rw")]
    public async Task Should_refuse_writes_to_a_volume_and_what_is_mounted_below_it_when_read_only(string expected, params string[] options)
    {
        var bundle = _daemon.ShellBundle("touch /data/new 2>/dev/null; a=$?; touch /data/below/new 2>/dev/null; echo $a $?");
        await using var caller = await AddVolumeAsync(bundle, options);

        Assert.Equal($"{expected}\n", (await caller.Start(null, "run", "--bundle", bundle.Path, _daemon.NewId()).FinishAsync()).Output);
    }

    [Theory]
    [InlineData("0", "rbind")]
    [InlineData("126", "rbind", "rnoexec")]
    public async Task Should_execute_nothing_below_a_volume_when_told_so(string expected, params string[] options)
    {
        var bundle = _daemon.ShellBundle("/data/below/busybox true 2>/dev/null; echo $?");
        await using var caller = await AddVolumeAsync(bundle, options);
        File.Copy("/bin/busybox", caller.Path(Path.Combine(bundle.Path, "source", "below", "busybox")));

        Assert.Equal($"{expected}\n", (await caller.Start(null, "run", "--bundle", bundle.Path, _daemon.NewId()).FinishAsync()).Output);
    }

    // A volume at /data, with a mount of the caller's own at /data/below.
    private async Task<CallerNamespace> AddVolumeAsync(TestBundle bundle, string[] options)
    {
        var source = Path.Combine(bundle.Path, "source");
        Directory.CreateDirectory(Path.Combine(source, "below"));
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/data",
            ["type"] = "bind",
            ["source"] = source,
            ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]),
        });
        bundle.Save();
        return await CallerNamespace.EnterAsync(_daemon, Path.Combine(source, "below"));
    }

    private TestBundle Privileged(string script)
    {
        string[] capabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"];
        var sets = new JsonObject();
        foreach (var set in new[] { "bounding", "effective", "permitted" })
        {
            sets[set] = new JsonArray([.. capabilities.Select(capability => (JsonNode)capability)]);
        }

        return _daemon.ShellBundle(script).With("process.capabilities", sets);
    }
}

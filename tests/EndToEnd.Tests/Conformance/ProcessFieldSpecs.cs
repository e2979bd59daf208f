namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>The root, the process and the general properties (<c>config.md</c>) as a container finds them.</summary>
[Collection(RecordedLifeCollection.Name)]
public sealed class ProcessFieldSpecs(RecordedLife life)
{
    [Clause("config/root/readonly")]
    public void Should_make_the_root_read_only_when_asked() => Assert.Contains("Read-only file system", life.PlainFacts["root"], StringComparison.Ordinal);

    [Clause("config/root/readonly-default")]
    public void Should_leave_the_root_writable_otherwise() => Assert.True(File.Exists(life.Full.Mark));

    [Clause("config/process/console-size")]
    public void Should_ignore_a_console_size_without_a_terminal() => life["create plain"].MustSucceed();

    [Clause("config/process/cwd")]
    public void Should_start_in_the_working_directory() => Assert.Equal("/work", life.Facts["cwd"]);

    [Clause("config/process/env")]
    public void Should_give_exactly_the_environment_when_it_names_the_home() => Assert.Equal("PATH=/bin\nEMPTY=\nWORDS=two words\nEQUALS=a=b\nHOME=/work", life.Facts["environment"]);

    [Clause("config/process/args")]
    public void Should_give_exactly_the_arguments_to_a_program_of_the_path() => Assert.Equal("<name>\n<>\n<two words>\n<*>", life.Facts["args"]);

    [Clause("config/process/rlimits-values")]
    public void Should_set_soft_and_hard_limits()
    {
        Assert.Equal(["200", "300"], life.Facts.Words("limits", "Max open files")[..2]);
        Assert.Equal(["0", "unlimited"], life.Facts.Words("limits", "Max core file size")[..2]);
    }

    [Clause("config/process/capabilities-unknown")]
    public void Should_warn_of_an_unknown_capability_and_run() => Assert.Contains("CAP_NO_SUCH\\\" is unknown and not given", life.PlainLog, StringComparison.Ordinal);

    [Clause("config/process/capabilities-sets")]
    public void Should_give_exactly_the_capabilities() => Assert.Equal(
        ["00000000000000a1", "0000000000000020", "0000000000000020", "0000000000000020", "0000000000000020"],
        new[] { "CapBnd:", "CapPrm:", "CapInh:", "CapEff:", "CapAmb:" }.Select(name => life.Facts.Words("status", name)[0]));

    [Clause("config/process/no-new-privileges")]
    public void Should_forbid_new_privileges_when_asked() =>
        Assert.Equal(("1", "0"), (life.Facts.Words("status", "NoNewPrivs:")[0], life.PlainFacts.Words("privileges", "NoNewPrivs:")[0]));

    [Clause("config/process/oom-score-set")]
    public void Should_set_the_oom_score() => Assert.Equal("100", life.Facts["score"]);

    [Clause("config/process/oom-score-not-set")]
    public void Should_not_change_the_oom_score_otherwise() => Assert.Equal("0", life.PlainFacts["score"]);

    [Clause("config/process/terminal")]
    public void Should_attach_a_terminal_of_the_asked_size() => Assert.Equal("/dev/pts/0\n43 132", life.OwnFacts["terminal"]);

    [Clause("config/process/scheduler")]
    public void Should_set_policy_and_niceness() => Assert.Equal(("7 3", "0 3"), (life.Facts.Lines("scheduling")[0], life.PlainFacts["scheduling"]));

    [Clause("config/process/io-priority")]
    public void Should_set_the_priority_of_io() => Assert.Equal("best-effort: prio 6", life.Facts.Lines("scheduling")[1]);

    [Clause("config/process/lsm-labels")]
    public void Should_warn_of_labels_that_the_kernel_of_the_guest_does_not_have() =>
        Assert.All(["process.apparmorProfile is not applied", "process.selinuxLabel is not applied"], (string warning) => Assert.Contains(warning, life.PlainLog, StringComparison.Ordinal));

    [Clause("config/user/ids")]
    public void Should_run_as_the_user_and_its_groups() => Assert.Equal(
        ["1000 1000 1000 1000", "1001 1001 1001 1001", "5 6"],
        new[] { "Uid:", "Gid:", "Groups:" }.Select(name => string.Join(' ', life.Facts.Words("status", name))));

    [Clause("config/user/umask")]
    public void Should_set_the_umask() => Assert.Equal("0027", life.Facts.Words("status", "Umask:")[0]);

    [Clause("config/hostname")]
    public void Should_set_the_host_name() => Assert.Equal("conforming", life.Facts["hostname"]);

    [Clause("config/domainname")]
    public void Should_set_the_domain_name() => Assert.Equal("own.domain", life.Facts.Lines("kernel")[0]);

    [Clause("config/annotations/values")]
    public void Should_keep_annotations_with_an_empty_value_too() => Assert.Equal("", (string?)life.State("created")["annotations"]!["com.example.empty"]);

    [Clause("config/annotations/unknown")]
    public void Should_ignore_annotations_of_unknown_keys() => Assert.Equal("value", (string?)life.State("ended")["annotations"]!["org.opencontainers.nobody.knows"]);

    [Clause("config/extensibility")]
    public void Should_ignore_unknown_properties() => Assert.Equal((0, "0"), (life["create plain"].ExitCode, life.PlainFacts["score"]));
}

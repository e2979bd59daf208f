using KataActors.Oci;

namespace KataActors.Cli.Tests;

/// <summary>What becomes of a container's first process when <c>exec</c> changes it.</summary>
public class ProcessChangeSpecs
{
    private static readonly ProcessSpec s_first = new()
    {
        Terminal = true,
        User = new UserSpec { Uid = 5, Gid = 6, Umask = 18, AdditionalGids = [7] },
        Args = ["init", "-x"],
        Env = ["PATH=/bin", "A=1", "B=2"],
        Cwd = "/home",
        Rlimits = [new RlimitSpec { Type = "RLIMIT_CORE" }],
        ApparmorProfile = "p",
        SelinuxLabel = "l",
        OomScoreAdj = 3,
    };

    [Fact]
    public void Should_keep_all_but_arguments_and_terminal()
    {
        var changed = new ProcessChange { Args = ["ls"] }.Apply(s_first);
        Assert.Equal(["ls"], changed.Args);
        Assert.False(changed.Terminal);
        Assert.Equal((5u, 6u, 18u), (changed.User!.Uid, changed.User.Gid, changed.User.Umask));
        Assert.Equal([7u], changed.User.AdditionalGids);
        Assert.Equal(s_first.Env, changed.Env);
        Assert.Equal((s_first.Cwd, s_first.Rlimits, s_first.OomScoreAdj), (changed.Cwd, changed.Rlimits, changed.OomScoreAdj));
        Assert.Equal(("p", "l", false), (changed.ApparmorProfile, changed.SelinuxLabel, changed.NoNewPrivileges));
        Assert.Null(changed.Capabilities);
    }

    [Fact]
    public void Should_keep_the_group_when_only_the_user_changes()
    {
        var changed = new ProcessChange { Uid = 1000, AdditionalGids = [8, 9] }.Apply(s_first).User!;
        Assert.Equal((1000u, 6u, 18u), (changed.Uid, changed.Gid, changed.Umask));
        Assert.Equal([7u, 8u, 9u], changed.AdditionalGids);
    }

    [Fact]
    public void Should_make_a_user_where_there_is_none() =>
        Assert.Equal(1u, new ProcessChange { Uid = 1 }.Apply(new ProcessSpec()).User!.Uid);

    [Fact]
    public void Should_replace_variables_by_name_and_let_the_last_one_win() =>
        Assert.Equal(["PATH=/bin", "B=2", "C=", "A=x=y"], new ProcessChange { Env = ["A=3", "C=", "A=x=y"] }.Apply(s_first).Env);

    [Fact]
    public void Should_add_capabilities_to_all_sets_but_the_inheritable()
    {
        var first = s_first with { Capabilities = new CapabilitiesSpec { Bounding = ["CAP_KILL"], Inheritable = ["CAP_KILL"], Ambient = ["CAP_CHOWN"] } };
        var sets = new ProcessChange { Capabilities = ["CAP_KILL", "CAP_MKNOD"] }.Apply(first).Capabilities!;
        Assert.Equal(["CAP_KILL", "CAP_MKNOD"], sets.Bounding);
        Assert.Equal(["CAP_KILL", "CAP_MKNOD"], sets.Effective);
        Assert.Equal(["CAP_KILL", "CAP_MKNOD"], sets.Permitted);
        Assert.Equal(["CAP_CHOWN", "CAP_KILL", "CAP_MKNOD"], sets.Ambient);
        Assert.Equal(["CAP_KILL"], sets.Inheritable);
    }

    [Fact]
    public void Should_add_capabilities_where_there_are_none() =>
        Assert.Equal(["CAP_MKNOD"], new ProcessChange { Capabilities = ["CAP_MKNOD"] }.Apply(s_first).Capabilities!.Effective);

    [Fact]
    public void Should_never_take_the_renunciation_of_privileges_back()
    {
        Assert.True(new ProcessChange { NoNewPrivileges = true }.Apply(s_first).NoNewPrivileges);
        Assert.True(new ProcessChange().Apply(s_first with { NoNewPrivileges = true }).NoNewPrivileges);
    }

    [Fact]
    public void Should_replace_labels()
    {
        var changed = new ProcessChange { ApparmorProfile = "q", SelinuxLabel = "m" }.Apply(s_first);
        Assert.Equal(("q", "m"), (changed.ApparmorProfile, changed.SelinuxLabel));
    }
}

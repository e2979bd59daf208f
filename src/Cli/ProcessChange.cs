using KataActors.Oci;

namespace KataActors.Cli;

/// <summary>How a process of <c>exec</c> differs from the container's first one, by the words of the command line.</summary>
internal sealed record ProcessChange
{
    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];

    public string? Cwd { get; init; }

    /// <summary>Entries NAME=VALUE; each takes the place of an earlier one of its name.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Capabilities for the bounding, effective, permitted and ambient sets, as runc adds them.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    public bool NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    public string? SelinuxLabel { get; init; }

    /// <summary>Whether it has a terminal, whatever the first one has.</summary>
    public bool Terminal { get; init; }

    /// <summary>The changed process.</summary>
    public ProcessSpec Apply(ProcessSpec first) => first with
    {
        Terminal = Terminal,
        Args = Args,
        User = Apply(first.User ?? new UserSpec()),
        Cwd = Cwd ?? first.Cwd,
        Env = [.. first.Env.Concat(Env).Reverse().DistinctBy(entry => entry.Split('=', 2)[0]).Reverse()],
        Capabilities = Capabilities.Count > 0 ? Apply(first.Capabilities ?? new CapabilitiesSpec()) : first.Capabilities,
        NoNewPrivileges = NoNewPrivileges || first.NoNewPrivileges,
        ApparmorProfile = ApparmorProfile ?? first.ApparmorProfile,
        SelinuxLabel = SelinuxLabel ?? first.SelinuxLabel,
    };

    private UserSpec Apply(UserSpec user) => user with
    {
        Uid = Uid ?? user.Uid,
        Gid = Gid ?? user.Gid,
        AdditionalGids = [.. user.AdditionalGids, .. AdditionalGids],
    };

    private CapabilitiesSpec Apply(CapabilitiesSpec sets) => sets with
    {
        Bounding = [.. sets.Bounding.Union(Capabilities)],
        Effective = [.. sets.Effective.Union(Capabilities)],
        Permitted = [.. sets.Permitted.Union(Capabilities)],
        Ambient = [.. sets.Ambient.Union(Capabilities)],
    };
}

namespace KataActors.Oci;

/// <summary>The <c>process</c> section.</summary>
internal static class ProcessValidator
{
    /// <summary>The most arguments, or variables, of a program.</summary>
    public const int MaxArguments = 65536;

    private const uint MaxUmask = 0x1ff;
    private const int MaxOomScoreAdj = 1000;

    public static void Validate(ProcessSpec? process)
    {
        if (process is null)
        {
            throw SpecException.Invalid("process", "is missing");
        }

        SpecValidator.CheckList("process.args", process.Args, MaxArguments);
        if (process.Args.Count == 0 || process.Args[0].Length == 0)
        {
            throw SpecException.Invalid(process.Args.Count == 0 ? "process.args" : "process.args[0]", "is missing or empty");
        }

        SpecValidator.CheckAbsolute("process.cwd", process.Cwd);
        CheckEnvironment("process.env", process.Env);
        CheckUser(process.User);
        CheckCapabilities(process.Capabilities);
        CheckRlimits(process.Rlimits);
        CheckSize("process.consoleSize.height", process.ConsoleSize?.Height);
        CheckSize("process.consoleSize.width", process.ConsoleSize?.Width);
        if (process.OomScoreAdj is < -MaxOomScoreAdj or > MaxOomScoreAdj)
        {
            throw SpecException.Invalid("process.oomScoreAdj", $"{process.OomScoreAdj} is out of range: -{MaxOomScoreAdj} to {MaxOomScoreAdj} is allowed");
        }

        SchedulingValidator.Validate(process);
    }

    /// <summary>Refuses variables without a name.</summary>
    public static void CheckEnvironment(string field, IReadOnlyList<string> env)
    {
        SpecValidator.CheckList(field, env, MaxArguments);
        for (var i = 0; i < env.Count; i++)
        {
            if (env[i].IndexOf('=') <= 0)
            {
                throw SpecException.Invalid($"{field}[{i}]", $"{Quoted.Text(env[i])} is not of the form NAME=VALUE");
            }
        }
    }

    private static void CheckUser(UserSpec? user)
    {
        if (user is null)
        {
            return;
        }

        if (user.Umask > MaxUmask)
        {
            throw SpecException.Invalid("process.user.umask", $"{user.Umask} is out of range: at most {MaxUmask} (0777) is allowed");
        }

        CheckId("process.user.uid", user.Uid);
        CheckId("process.user.gid", user.Gid);
        SpecValidator.CheckList("process.user.additionalGids", user.AdditionalGids, 65536);
        for (var i = 0; i < user.AdditionalGids.Count; i++)
        {
            CheckId($"process.user.additionalGids[{i}]", user.AdditionalGids[i]);
        }
    }

    // As an id, -1 asks setresuid(2) to change nothing: the process would stay root.
    private static void CheckId(string field, uint id)
    {
        if (id == uint.MaxValue)
        {
            throw SpecException.Invalid(field, $"{id} is no id of a user or group");
        }
    }

    private static void CheckSize(string field, uint? size)
    {
        if (size > ushort.MaxValue)
        {
            throw SpecException.Invalid(field, $"{size} is out of range: at most {ushort.MaxValue} is allowed");
        }
    }

    private static void CheckCapabilities(CapabilitiesSpec? sets)
    {
        if (sets is null)
        {
            return;
        }

        SpecValidator.CheckList("process.capabilities.bounding", sets.Bounding);
        SpecValidator.CheckList("process.capabilities.effective", sets.Effective);
        SpecValidator.CheckList("process.capabilities.inheritable", sets.Inheritable);
        SpecValidator.CheckList("process.capabilities.permitted", sets.Permitted);
        SpecValidator.CheckList("process.capabilities.ambient", sets.Ambient);
    }

    private static void CheckRlimits(IReadOnlyList<RlimitSpec> rlimits)
    {
        SpecValidator.CheckList("process.rlimits", rlimits);
        var seen = new HashSet<string>();
        for (var i = 0; i < rlimits.Count; i++)
        {
            var (field, limit) = ($"process.rlimits[{i}]", rlimits[i]);
            if (limit.Type is null || !KnownNames.Rlimits.Contains(limit.Type))
            {
                throw SpecException.Invalid($"{field}.type", $"{Quoted.Text(limit.Type)} is not a known resource limit");
            }

            if (!seen.Add(limit.Type))
            {
                throw SpecException.Invalid($"{field}.type", $"{Quoted.Text(limit.Type)} is given twice");
            }

            if (limit.Soft > limit.Hard)
            {
                throw SpecException.Invalid(field, $"has a soft limit ({limit.Soft}) above its hard limit ({limit.Hard})");
            }
        }
    }
}

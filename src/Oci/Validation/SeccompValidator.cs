namespace KataActors.Oci;

/// <summary>The <c>linux.seccomp</c> section.</summary>
internal static class SeccompValidator
{
    private const string Section = "linux.seccomp";
    private const string NoListener = "asks a process of the host about system calls, which a guest cannot do";
    private const int MaxNames = 4096;
    private const int MaxConditions = 64;
    private const uint LastArgument = 5;
    private const uint LastErrno = 4095;

    public static void Validate(SeccompSpec? seccomp)
    {
        if (seccomp is null || seccomp.IsEmpty)
        {
            return;
        }

        if (!string.IsNullOrEmpty(seccomp.ListenerPath) || !string.IsNullOrEmpty(seccomp.ListenerMetadata))
        {
            throw SpecException.Unsupported($"{Section}.{(string.IsNullOrEmpty(seccomp.ListenerPath) ? "listenerMetadata" : "listenerPath")}", NoListener);
        }

        CheckAction($"{Section}.defaultAction", seccomp.DefaultAction, $"{Section}.defaultErrnoRet", seccomp.DefaultErrnoRet);
        CheckArchitectures(seccomp.Architectures);
        CheckFlags(seccomp.Flags ?? []);
        CheckRules(seccomp.Syscalls);
    }

    private static void CheckArchitectures(IReadOnlyList<string> architectures)
    {
        SpecValidator.CheckList($"{Section}.architectures", architectures);
        for (var i = 0; i < architectures.Count; i++)
        {
            if (!SeccompNames.Architectures.ContainsKey(architectures[i]) && !SeccompNames.OtherArchitectures.Contains(architectures[i]))
            {
                throw SpecException.Invalid($"{Section}.architectures[{i}]", $"{Quoted.Text(architectures[i])} is not a known architecture");
            }
        }
    }

    private static void CheckFlags(IReadOnlyList<string> flags)
    {
        SpecValidator.CheckList($"{Section}.flags", flags);
        for (var i = 0; i < flags.Count; i++)
        {
            if (flags[i] == SeccompNames.WaitKillable)
            {
                throw SpecException.Unsupported($"{Section}.flags[{i}]", NoListener);
            }

            if (!SeccompNames.Flags.ContainsKey(flags[i]))
            {
                throw SpecException.Invalid($"{Section}.flags[{i}]", $"{Quoted.Text(flags[i])} is not a known flag");
            }
        }
    }

    private static void CheckRules(IReadOnlyList<SeccompRuleSpec> rules)
    {
        SpecValidator.CheckList($"{Section}.syscalls", rules);
        SpecValidator.CheckBound($"{Section}.syscalls (all names)", rules.Sum(rule => rule.Names.Count), MaxNames);
        for (var i = 0; i < rules.Count; i++)
        {
            var (field, rule) = ($"{Section}.syscalls[{i}]", rules[i]);
            CheckAction($"{field}.action", rule.Action, $"{field}.errnoRet", rule.ErrnoRet);
            SpecValidator.CheckList($"{field}.names", rule.Names, MaxNames);
            if (rule.Names.Count == 0)
            {
                throw SpecException.Invalid($"{field}.names", "is missing or empty");
            }

            if (rule.Names.Contains(""))
            {
                throw SpecException.Invalid($"{field}.names", "has an empty name");
            }

            SpecValidator.CheckList($"{field}.args", rule.Args, MaxConditions);
            for (var j = 0; j < rule.Args.Count; j++)
            {
                CheckCondition($"{field}.args[{j}]", rule.Args[j]);
            }
        }
    }

    private static void CheckAction(string field, string? action, string errnoField, uint? errno)
    {
        if (action == SeccompNames.Notify)
        {
            throw SpecException.Unsupported(field, $"is {SeccompNames.Notify}, which {NoListener}");
        }

        if (action is null || !SeccompNames.Actions.ContainsKey(action))
        {
            throw SpecException.Invalid(field, $"{Quoted.Text(action)} is not a known action");
        }

        if (errno > LastErrno)
        {
            throw SpecException.Invalid(errnoField, $"{errno} is out of range: 0 to {LastErrno} is allowed");
        }

        // A MUST of the specification.
        if (errno is not null && !SeccompNames.ReturnsErrno(action))
        {
            throw SpecException.Invalid(errnoField, $"is given, but {action} returns no error number");
        }
    }

    private static void CheckCondition(string field, SeccompArgumentSpec condition)
    {
        if (condition.Index > LastArgument)
        {
            throw SpecException.Invalid($"{field}.index", $"{condition.Index} is out of range: 0 to {LastArgument} is allowed");
        }

        if (condition.Op is null || !SeccompNames.Operators.ContainsKey(condition.Op))
        {
            throw SpecException.Invalid($"{field}.op", $"{Quoted.Text(condition.Op)} is not a known comparison");
        }
    }
}

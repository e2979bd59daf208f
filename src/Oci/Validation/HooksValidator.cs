namespace KataActors.Oci;

/// <summary>The <c>hooks</c> section.</summary>
internal static class HooksValidator
{
    private const int MaxHooks = 256;

    public static void Validate(HooksSpec? hooks)
    {
        if (hooks is null)
        {
            return;
        }

        IReadOnlyList<HookSpec>[] stages = [hooks.Prestart, hooks.CreateRuntime, hooks.CreateContainer, hooks.StartContainer, hooks.Poststart, hooks.Poststop];
        foreach (var (name, stage) in HooksSpec.Stages.Zip(stages))
        {
            SpecValidator.CheckList($"hooks.{name}", stage, MaxHooks);
            for (var i = 0; i < stage.Count; i++)
            {
                Check($"hooks.{name}[{i}]", stage[i]);
            }
        }
    }

    private static void Check(string field, HookSpec hook)
    {
        SpecValidator.CheckAbsolute($"{field}.path", hook.Path);
        SpecValidator.CheckList($"{field}.args", hook.Args, ProcessValidator.MaxArguments);
        ProcessValidator.CheckEnvironment($"{field}.env", hook.Env);
        if (hook.Timeout <= 0)
        {
            throw SpecException.Invalid($"{field}.timeout", $"{hook.Timeout} is out of range: at least 1 is allowed");
        }
    }
}

namespace KataActors.Oci;

/// <summary>The rules of <c>linux.resources.devices</c>.</summary>
internal static class DeviceRuleValidator
{
    // The guest's kernel takes no longer program.
    private const int MaxRules = 1024;

    private const long Any = -1;

    public static void Validate(IReadOnlyList<DeviceRuleSpec> rules)
    {
        SpecValidator.CheckList("linux.resources.devices", rules, MaxRules);
        for (var i = 0; i < rules.Count; i++)
        {
            var (field, rule) = ($"linux.resources.devices[{i}]", rules[i]);
            if (rule.Type is not (null or "" or "a" or "b" or "c"))
            {
                throw SpecException.Invalid($"{field}.type", $"{Quoted.Text(rule.Type)} is not a type of devices: a, b and c are");
            }

            if (string.IsNullOrEmpty(rule.Access) || rule.Access.Any(letter => letter is not ('r' or 'w' or 'm')))
            {
                throw SpecException.Invalid($"{field}.access", $"{Quoted.Text(rule.Access)} names no access: some of r, w and m do");
            }

            CheckNumber($"{field}.major", rule.Major);
            CheckNumber($"{field}.minor", rule.Minor);
        }
    }

    private static void CheckNumber(string field, long? number)
    {
        if (number is < Any or > uint.MaxValue)
        {
            throw SpecException.Invalid(field, $"{number} is no number of a device");
        }
    }
}

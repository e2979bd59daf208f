namespace KataActors.Oci;

/// <summary>What a valid spec asks for and this runtime passes over for now; each item belongs into the log as a warning.</summary>
public static class PassedOver
{
    /// <summary>One short sentence for each part of <paramref name="spec"/> that has no effect; empty when all of it has.</summary>
    public static IReadOnlyList<string> List(RuntimeSpec spec)
    {
        var items = new List<string>();
        void Add(bool asked, string sentence)
        {
            if (asked)
            {
                items.Add(sentence);
            }
        }

        var linux = spec.Linux;
        Add(linux?.Seccomp is { ValueKind: not System.Text.Json.JsonValueKind.Null }, "linux.seccomp is not applied");
        Add(!string.IsNullOrEmpty(spec.Process?.ApparmorProfile), "process.apparmorProfile is not applied");
        Add(!string.IsNullOrEmpty(spec.Process?.SelinuxLabel), "process.selinuxLabel is not applied");
        Add(!string.IsNullOrEmpty(linux?.MountLabel), "linux.mountLabel is not applied");
        var hooks = CountHooks(spec.Hooks);
        Add(hooks > 0, $"hooks are not run ({hooks} given)");
        Add(linux?.Resources?.Devices.Count > 0, "linux.resources.devices is not applied");
        Add(linux?.Sysctl.Count > 0, "linux.sysctl is not applied");
        foreach (var entry in linux?.Namespaces ?? [])
        {
            var isNamed = !string.IsNullOrEmpty(entry.Path);
            Add(isNamed && entry.Type == "network", "the interfaces of the network namespace are not given to the guest");
            Add(isNamed && entry.Type == "pid", "the pid namespace of the sandbox is not shared");
        }

        return items;
    }

    private static int CountHooks(HooksSpec? hooks) => hooks is null
        ? 0
        : hooks.Prestart.Count + hooks.CreateRuntime.Count + hooks.CreateContainer.Count
            + hooks.StartContainer.Count + hooks.Poststart.Count + hooks.Poststop.Count;
}

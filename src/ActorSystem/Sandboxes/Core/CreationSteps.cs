namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The names of a creation's steps, as shown by <c>sandbox inspect</c>.</summary>
internal static class CreationSteps
{
    public const string Journal = "journal";
    public const string Hooks = "hooks";
    public const string Factory = "factory";
    public const string Launch = "launch";
    public const string Boot = "boot";
    public const string Attach = "attach";
    public const string Network = "network";
    public const string Interfaces = "interfaces";
    public const string Sandbox = "createSandbox";
    public const string Container = "createContainer";
    public const string Cgroup = "cgroup";
}

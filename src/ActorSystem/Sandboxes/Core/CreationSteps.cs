namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The names of the steps of a creation, as <c>sandbox inspect</c> shows their times.</summary>
internal static class CreationSteps
{
    public const string Journal = "journal";
    public const string Factory = "factory";
    public const string Launch = "launch";
    public const string Boot = "boot";
    public const string Attach = "attach";
    public const string Sandbox = "createSandbox";
    public const string Container = "createContainer";
    public const string Cgroup = "cgroup";
}

using KataActors.Linux;

namespace KataActors.Cli.Daemon;

/// <summary>The rights that a command needs.</summary>
internal static class CallerRights
{
    public const string RootlessExplanation = "rootless use is not supported: virtual machines and cgroups need root in the machine's own user namespace";

    public static bool IsRoot => Credentials.EffectiveUserId == 0 && Credentials.InInitialUserNamespace;

    /// <exception cref="CommandFailure">The caller is not root.</exception>
    public static void DemandRoot(string what)
    {
        if (!IsRoot)
        {
            throw new CommandFailure($"{what}: {RootlessExplanation}");
        }
    }

    /// <summary>Pids have no meaning outside of a nested namespace, and the started processes would end with it.</summary>
    /// <exception cref="CommandFailure">The caller is in a pid namespace of its own.</exception>
    public static void DemandInitialPidNamespace(string what)
    {
        if (!Credentials.InInitialPidNamespace)
        {
            throw new CommandFailure($"{what} from a nested pid namespace: this is possible only in the machine's own pid namespace");
        }
    }
}

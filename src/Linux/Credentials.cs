using static Tmds.Linux.LibC;


namespace KataActors.Linux;

/// <summary>The identity of this process (credentials(7)).</summary>
public static class Credentials
{
    /// <summary>The inode of the machine's first pid namespace, which is fixed.</summary>
    private const string InitialPidNamespace = "pid:[4026531836]";

    /// <summary>geteuid(2).</summary>
    public static uint EffectiveUserId => geteuid();

    /// <summary>Whether this process is in the machine's first pid namespace.</summary>
    public static bool InInitialPidNamespace => new FileInfo("/proc/self/ns/pid").LinkTarget == InitialPidNamespace;

    /// <summary>Whether user ids here are those of the machine (user_namespaces(7)).</summary>
    public static bool InInitialUserNamespace
    {
        get
        {
            var map = File.ReadAllText("/proc/self/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return map is ["0", "0", "4294967295"];
        }
    }
}

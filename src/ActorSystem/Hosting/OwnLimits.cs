using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// The limits of the daemon, inherited by its VMs: raised as high as the host allows, regardless of the starter's limits. It must not load further
/// libraries, because descriptors for them may be missing.
/// </summary>
internal static class OwnLimits
{
    // The runtime takes two descriptors for each of its libraries, 211 in all. Each sandbox takes about five more.
    private const ulong LeastOpenFiles = 256;
    private const int StandardError = 2;

    /// <summary>Raises the limits (<see cref="StartConditions.RaiseOwnLimits"/>).</summary>
    /// <returns>False when there are too few descriptors even then; standard error has the message.</returns>
    public static bool TryRaise()
    {
        var files = StartConditions.RaiseOwnLimits();
        if (files >= LeastOpenFiles)
        {
            return true;
        }

        using var error = new SafeFileHandle(StandardError, ownsHandle: false);
        BlockingStreams.Write(error, Encoding.UTF8.GetBytes($"kata-actorsd: {files} descriptors may be open (RLIMIT_NOFILE), and at least {LeastOpenFiles} are needed\n"));
        return false;
    }
}

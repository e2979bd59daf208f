using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// The descriptors of the daemon. It may open as many as the host lets it, whatever its starter had: each sandbox takes about five. Uses nothing
/// of the framework that would have to be loaded, for which there may be no descriptor.
/// </summary>
internal static class OpenFiles
{
    // The runtime takes two for each of its libraries, 211 in all.
    private const ulong Least = 256;
    private const int StandardError = 2;

    /// <summary>Raises the soft limit to the hard one.</summary>
    /// <returns>False when even that is not enough to run: standard error says so.</returns>
    public static bool TryRaiseLimit()
    {
        var hard = ProcessLimits.Get(0, ProcessResource.OpenFiles).Hard;
        if (hard < Least)
        {
            using var error = new SafeFileHandle(StandardError, ownsHandle: false);
            BlockingStreams.Write(error, Encoding.UTF8.GetBytes($"kata-actorsd: {hard} descriptors may be open (RLIMIT_NOFILE), and at least {Least} are needed\n"));
            return false;
        }

        ProcessLimits.Set(0, ProcessResource.OpenFiles, hard, hard);
        return true;
    }
}

using System.Text;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// The limits of the daemon, which its VMs inherit: as high as the host lets it raise them, whatever its starter had. Uses nothing of the framework
/// that would have to be loaded, for which there may be no descriptor.
/// </summary>
internal static class OwnLimits
{
    // The runtime takes two for each of its libraries, 211 in all. Each sandbox takes about five more.
    private const ulong LeastOpenFiles = 256;
    private const int StandardError = 2;

    /// <summary>Raises them (<see cref="StartConditions.RaiseOwnLimits"/>).</summary>
    /// <returns>False when there are too few descriptors to run even so: standard error says it.</returns>
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

using System.Runtime.InteropServices;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>Makes this process the parent of stand-ins whose <c>create</c> has ended, as conmon and containerd's shim do, to learn their exit codes.</summary>
internal static partial class Subreaper
{
    private const int SetChildSubreaper = 36;

    public static void Become()
    {
        if (Control(SetChildSubreaper, 1, 0, 0, 0) != 0)
        {
            throw new InvalidOperationException($"prctl: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint first, nuint second, nuint third, nuint fourth);
}

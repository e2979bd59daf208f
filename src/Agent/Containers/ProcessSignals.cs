using KataActors.Linux;
using KataActors.Linux.Guest;

namespace KataActors.Agent.Containers;

/// <summary>Signals to processes that are known by number alone: the members of a cgroup.</summary>
internal static class ProcessSignals
{
    /// <summary>Sends a signal; a process that has ended meanwhile needs none.</summary>
    internal static void Send(int pid, int signal)
    {
        try
        {
            GuestKernel.Kill(pid, signal);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ESRCH)
        {
        }
    }

    /// <summary>Whether a process that does not handle the signal is ended by it (signal(7)).</summary>
    internal static bool EndsByDefault(int signal) =>
        signal is not (Signals.SIGCHLD or Signals.SIGCONT or Signals.SIGSTOP or 20 or 21 or 22 or 23 or Signals.SIGWINCH);
}

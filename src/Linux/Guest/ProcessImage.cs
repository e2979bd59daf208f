using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux.Guest;

/// <summary>The changes of a process to itself before its execve(2). They apply to the calling process (namespaces: thread).</summary>
public static unsafe class ProcessImage
{
    /// <summary>New namespaces for the calling thread (unshare(2)).</summary>
    public static void Unshare(NamespaceKinds kinds)
    {
        if (unshare((int)kinds) != 0)
        {
            throw LinuxException.Last("unshare", $"{kinds}");
        }
    }

    /// <summary>Enters a namespace with the calling thread (setns(2)); it must be the only one that matters: the others stay where they are.</summary>
    public static void Enter(SafeFileHandle entered, NamespaceKinds kind) => NamespaceThread.Take(NamespaceEntry.Enter(entered, kind));

    /// <summary>
    /// Keeps processes with less than CAP_SYS_PTRACE from the memory, the descriptors and the links of this process in /proc (PR_SET_DUMPABLE), until it
    /// becomes another program.
    /// </summary>
    public static void ForbidInspection()
    {
        if (LibC.prctl(GuestConstants.SetDumpable, 0, 0, 0, 0) != 0)
        {
            throw LinuxException.Last("prctl", "PR_SET_DUMPABLE");
        }
    }

    /// <summary>
    /// Makes a copy of the calling process that runs its calling thread alone: a child of its parent, in the pid namespace of its own children (clone(2) with
    /// CLONE_PARENT). What other threads are about to do is left half done in the copy.
    /// </summary>
    /// <param name="handle">The copy's pidfd; null in the copy.</param>
    /// <returns>The copy's pid; 0 in the copy.</returns>
    public static int CopySibling(out SafeFileHandle? handle)
    {
        var fd = -1;
        // SAFETY: without a stack of its own and without shared memory the copy goes on as after fork(2); the kernel writes one number.
        var pid = LibC.clone(GuestConstants.SysClone, GuestConstants.CloneParent | GuestConstants.ClonePidfd | Signals.SIGCHLD, 0, &fd, 0, 0);
        if (pid < 0)
        {
            throw LinuxException.Last("clone", "process");
        }

        handle = pid > 0 ? LibC.Own(fd) : null;
        return (int)pid;
    }

    /// <summary>setsid(2).</summary>
    public static void BeginSession()
    {
        if ((int)setsid() < 0)
        {
            throw LinuxException.Last("setsid", "process");
        }
    }

    /// <summary>Gives these descriptors the numbers from 0 on, and closes all others.</summary>
    public static void TakeDescriptors(IReadOnlyList<SafeHandle> descriptors)
    {
        // Above the target numbers, so that none is overwritten before its turn.
        SafeFileHandle[] sources = [.. descriptors.Select(descriptor => Descriptors.Duplicate(descriptor, descriptors.Count))];
        for (var number = 0; number < sources.Length; number++)
        {
            if (dup2((int)sources[number].DangerousGetHandle(), number) < 0)
            {
                throw LinuxException.Last("dup2", $"descriptor {number}");
            }
        }

        DescriptorHygiene.CloseFrom(sources.Length);
    }

    /// <summary>chdir(2) and chroot(2) into an open directory.</summary>
    public static void EnterRoot(SafeFileHandle root)
    {
        Check(LibC.fchdir(root), "fchdir", "root directory");
        Check(LibC.chroot("."), "chroot", "root directory");
    }

    /// <summary>chdir(2).</summary>
    public static void ChangeDirectory(string path) => Check(LibC.chdir(path), "chdir", path);

    /// <summary>Whether the working directory is below the root. A link in /proc, such as /proc/PID/root, may have led elsewhere.</summary>
    public static bool IsDirectoryBelowRoot()
    {
        const int LongestPath = 4096;
        var path = stackalloc byte[LongestPath];
        // SAFETY: the kernel writes no more than the size says. Not getcwd(3), which may look for a path by itself.
        return LibC.getcwd(GuestConstants.SysGetcwd, path, LongestPath) > 0 && path[0] == (byte)'/';
    }

    /// <summary>sethostname(2).</summary>
    public static void SetHostName(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        // SAFETY: the kernel copies as many bytes as the length says.
        fixed (byte* first = bytes)
        {
            Check(LibC.sethostname(first, (nuint)bytes.Length), "sethostname", name);
        }
    }

    /// <summary>setdomainname(2).</summary>
    public static void SetDomainName(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        // SAFETY: the kernel copies as many bytes as the length says.
        fixed (byte* first = bytes)
        {
            Check(LibC.setdomainname(first, (nuint)bytes.Length), "setdomainname", name);
        }
    }

    /// <summary>The execution domain of the program to come (personality(2)).</summary>
    public static void SetPersonality(uint domain)
    {
        if (LibC.personality(domain) < 0)
        {
            throw LinuxException.Last("personality", $"{domain}");
        }
    }

    /// <summary>
    /// Makes a user the owner of stdin, stdout and stderr (fchown(2)), because only the owner of a pipe or terminal can open it by its name in
    /// /proc/self/fd. Their group stays.
    /// </summary>
    public static void GiveStandardStreams(uint user)
    {
        const uint SameGroup = uint.MaxValue;
        for (var stream = 0; stream <= 2; stream++)
        {
            if (LibC.fchown(stream, user, SameGroup) != 0)
            {
                throw LinuxException.Last("fchown", $"descriptor {stream} to user {user}");
            }
        }
    }

    /// <summary>Makes a terminal the controlling one of the session that this process leads, and its stdin, stdout and stderr.</summary>
    public static void TakeTerminal(SafeFileHandle terminal)
    {
        if (!Terminal.TryTakeControl(terminal))
        {
            throw new LinuxException(Errno.EPERM, "ioctl", "TIOCSCTTY");
        }

        for (var stream = 0; stream <= 2; stream++)
        {
            if (LibC.dup2(terminal, stream) < 0)
            {
                throw LinuxException.Last("dup2", $"terminal to descriptor {stream}");
            }
        }
    }

    /// <summary>setrlimit(2).</summary>
    public static void SetLimit(int resource, ulong soft, ulong hard)
    {
        var limit = new ResourceLimit { Soft = soft, Hard = hard };
        // SAFETY: the struct is read during the call.
        if (LibC.setrlimit(resource, &limit) != 0)
        {
            throw LinuxException.Last("setrlimit", $"resource {resource} to {soft}, {hard}");
        }
    }

    /// <summary>umask(2).</summary>
    public static void SetUmask(uint mask) => _ = umask((ushort)mask);

    /// <summary>Whether the calling process may execute a file, judged by its real user: null, or the error number of access(2).</summary>
    public static int? CheckExecutable(string path) =>
        LibC.access(path, GuestConstants.AccessExecute) == 0 ? null : Marshal.GetLastPInvokeError();

    /// <summary>Becomes another program (execve(2)); returns only an error number.</summary>
    public static int Execute(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings(environment);
        // SAFETY: both arrays end with a null pointer and outlive the call.
        _ = LibC.execve(path, argv.Pointer, envp.Pointer);
        return Marshal.GetLastPInvokeError();
    }

    private static void Check(int result, string call, string subject)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call, subject);
        }
    }
}

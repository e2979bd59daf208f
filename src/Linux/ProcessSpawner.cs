using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>
/// Starts processes with posix_spawn(3), which needs no fork of managed code. The child runs in the namespaces of the calling thread
/// and starts with every signal at its default and unblocked: .NET ignores SIGPIPE, and a child would inherit that.
/// </summary>
public static class ProcessSpawner
{
    private const int StandardDescriptors = 3;

    /// <summary>Starts the program. The caller reaps it (<see cref="Pidfd.TryReap"/>).</summary>
    /// <exception cref="LinuxException">It could not be started (the subject is the path), or no handle could be opened, and it was killed and reaped.</exception>
    public static unsafe Pidfd Spawn(SpawnRequest request)
    {
        using var sources = new DescriptorSources(request.Descriptors);
        using var arguments = new NativeStrings(request.Arguments);
        using var environment = new NativeStrings(request.Environment);
        var attributes = stackalloc byte[PosixSpawn.OpaqueSize];
        var actions = stackalloc byte[PosixSpawn.OpaqueSize];

        // SAFETY: both buffers are larger than the opaque types and are initialised before use; argv and envp end with a null pointer
        // and outlive the call, which has returned only after the child's execve.
        Check(PosixSpawn.posix_spawnattr_init(attributes), request);
        try
        {
            Check(PosixSpawn.posix_spawn_file_actions_init(actions), request);
            try
            {
                SetAttributes(attributes, request);
                SetActions(actions, request, sources);
                int pid;
                Check(PosixSpawn.posix_spawn(&pid, request.Path, actions, attributes, arguments.Pointer, environment.Pointer), request);
                return Hold(pid);
            }
            finally
            {
                _ = PosixSpawn.posix_spawn_file_actions_destroy(actions);
            }
        }
        finally
        {
            _ = PosixSpawn.posix_spawnattr_destroy(attributes);
        }
    }

    private static unsafe Pidfd Hold(int pid)
    {
        try
        {
            return Pidfd.OpenChild(pid);
        }
        catch (LinuxException)
        {
            // Its number is not reused until it is reaped.
            _ = kill(pid, Signals.SIGKILL);
            int result;
            do
            {
                SignalInfo info;
                // SAFETY: the kernel fills at most the 128 bytes of siginfo_t.
                result = LibC.waitid(Constants.WaitByPid, pid, &info, Constants.WaitExited);
            }
            while (result != 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

            throw;
        }
    }

    private static unsafe void SetAttributes(void* attributes, SpawnRequest request)
    {
        SignalSet all, none = default;
        // Not sigfillset(3): it leaves out the signals of libc itself, which glibc then sets to be ignored.
        // SAFETY: the sets live on this stack and are copied by the calls.
        Unsafe.InitBlock(&all, 0xff, (uint)sizeof(SignalSet));
        Check(PosixSpawn.posix_spawnattr_setsigdefault(attributes, &all), request);
        Check(PosixSpawn.posix_spawnattr_setsigmask(attributes, &none), request);
        var flags = PosixSpawn.SetSignalDefaults | PosixSpawn.SetSignalMask | (request.NewSession ? PosixSpawn.SetSession : 0);
        Check(PosixSpawn.posix_spawnattr_setflags(attributes, (short)flags), request);
    }

    private static unsafe void SetActions(void* actions, SpawnRequest request, DescriptorSources sources)
    {
        for (var target = 0; target < sources.Count; target++)
        {
            Check(PosixSpawn.posix_spawn_file_actions_adddup2(actions, sources.Number(target), target), request);
        }

        if (request.WorkingDirectory is { } directory)
        {
            Check(PosixSpawn.posix_spawn_file_actions_addchdir_np(actions, directory), request);
        }
    }

    private static void Check(int error, SpawnRequest request)
    {
        if (error != 0)
        {
            throw new LinuxException(error, "posix_spawn", MissingDirectory(request) ?? request.Path);
        }
    }

    // The child reports one error number for all of its steps, so the program would be blamed for a missing directory.
    private static string? MissingDirectory(SpawnRequest request) =>
        request.WorkingDirectory is { } directory && !Directory.Exists(directory) ? directory : null;

    /// <summary>Duplicates of the caller's descriptors above every target number, so that no dup2 overwrites a source of a later one.</summary>
    private sealed class DescriptorSources : IDisposable
    {
        private readonly List<SafeFileHandle> _duplicates = [];

        internal DescriptorSources(IReadOnlyList<SafeHandle?> descriptors)
        {
            var count = Math.Max(descriptors.Count, StandardDescriptors);
            try
            {
                for (var target = 0; target < count; target++)
                {
                    _duplicates.Add(DuplicateAbove(target < descriptors.Count ? descriptors[target] : null, count));
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal int Count => _duplicates.Count;

        internal int Number(int target) => (int)_duplicates[target].DangerousGetHandle();

        public void Dispose() => _duplicates.ForEach(duplicate => duplicate.Dispose());

        private static SafeFileHandle DuplicateAbove(SafeHandle? descriptor, int lowest)
        {
            if (descriptor is not null)
            {
                return Descriptors.Duplicate(descriptor, lowest);
            }

            using var nothing = Descriptors.Open("/dev/null", OpenFlags.ReadWrite);
            return Descriptors.Duplicate(nothing, lowest);
        }
    }
}

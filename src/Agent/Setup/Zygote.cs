using System.Buffers.Binary;
using KataActors.Linux;
using KataActors.Linux.Guest;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// A process that has started the runtime, and waits to be copied: each copy is born into a container's pid namespace as a child of the agent, and becomes
/// an exec there (<see cref="ExecSetup"/>). It knows nothing of the execs before, since their documents are read by the copies.
/// </summary>
/// <remarks>
/// A copy has only the calling thread, so this process has no other: one that was copied while it holds a lock would leave it locked for ever.
/// </remarks>
internal static class Zygote
{
    /// <summary>The agent's argument that leads here.</summary>
    internal const string Verb = "zygote";

    /// <summary>The end of a socket pair: orders come in, answers go out.</summary>
    internal const int SocketDescriptor = 3;

    private const int GivenUp = 1;

    /// <summary>An order: the kinds of the namespaces whose descriptors come first; behind them those of the new process, by their numbers.</summary>
    internal static byte[] Order(IEnumerable<NamespaceEntry> namespaces)
    {
        var entries = namespaces.ToArray();
        var order = new byte[entries.Length * sizeof(int)];
        for (var i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(order.AsSpan(i * sizeof(int)), (int)entries[i].Kinds);
        }

        return order;
    }

    /// <summary>Bears processes until the agent closes its end; returns the exit code, also that of a copy without a program.</summary>
    internal static int Run()
    {
        DescriptorHygiene.MarkInheritedCloseOnExec();
        using var socket = SetupChannel.Inherited(SocketDescriptor);
        try
        {
            ProcessImage.ForbidInspection();
            OnlyThread.Become();
            using var own = Descriptors.Open("/proc/self/ns/pid", OpenFlags.ReadOnly);
            Span<byte> order = stackalloc byte[64];
            List<SafeFileHandle> given = [];
            for (int length; (length = DescriptorPassing.Receive(socket, order, given)) > 0; given.Clear())
            {
                var birth = new Birth(order[..length], given);
                if (birth.IsCopy(socket))
                {
                    return ProcessSetup.Run(ExecSetup.Prepare);
                }

                ProcessImage.Enter(own, NamespaceKinds.Pid);
                given.ForEach(descriptor => descriptor.Dispose());
            }

            return 0;
        }
        catch (LinuxException)
        {
            // The agent sees the end of the socket, or of the new process's pipes.
            return GivenUp;
        }
    }

    /// <summary>One birth.</summary>
    private readonly ref struct Birth(ReadOnlySpan<byte> kinds, List<SafeFileHandle> given)
    {
        private readonly ReadOnlySpan<byte> _kinds = kinds;

        private int Namespaces => _kinds.Length / sizeof(int);

        /// <summary>True in the copy, which is in its place then. Otherwise the answer has been sent.</summary>
        internal bool IsCopy(SafeFileHandle socket)
        {
            int pid;
            SafeFileHandle? handle;
            try
            {
                Enter(isPid: true);
                pid = ProcessImage.CopySibling(out handle);
            }
            catch (LinuxException failure)
            {
                DescriptorPassing.Send(socket, SetupChannel.Encode(SetupChannel.Failed, failure.Message), []);
                return false;
            }

            if (pid == 0)
            {
                Enter(isPid: false);
                ProcessImage.BeginSession();
                ProcessImage.TakeDescriptors(given[Namespaces..]);
                return true;
            }

            using (handle)
            {
                DescriptorPassing.Send(socket, SetupChannel.Encode(SetupChannel.Born, pid.ToString(System.Globalization.CultureInfo.InvariantCulture)), [handle!]);
            }

            return false;
        }

        // The pid namespace is that of the children of a process, so it is entered before the copy is made.
        private void Enter(bool isPid)
        {
            for (var i = 0; i < Namespaces; i++)
            {
                var kind = (NamespaceKinds)BinaryPrimitives.ReadInt32LittleEndian(_kinds[(i * sizeof(int))..]);
                if (kind == NamespaceKinds.Pid == isPid)
                {
                    ProcessImage.Enter(given[i], kind);
                }
            }
        }
    }
}

using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// A further process of a running container: it enters the container's namespaces and root. The container may be hostile by now, so its root comes as a
/// descriptor, and nothing is opened by a path of the container before the process is inside, except below that root.
/// </summary>
internal static class ExecSetup
{
    // The order of ContainerInside.Descriptors.
    private const int Mounts = SetupChannel.FirstOwnDescriptor;
    private const int Cgroups = Mounts + 1;
    private const int Root = Cgroups + 1;
    private const int User = Root + 1;
    private const int Time = User + 1;

    /// <summary>Enters the container; the document is the process of a spec.</summary>
    internal static ContainerProgram Prepare(int lastCapability)
    {
        var process = Process.Parser.ParseFrom(SetupChannel.ReadDocument());
        RunOn(process.InitialCPUs);

        // All closed before the program's working directory is entered, which may be a link to a descriptor of this process.
        using var mounts = SetupChannel.Inherited(Mounts);
        using var cgroups = SetupChannel.Inherited(Cgroups);
        using var root = SetupChannel.Inherited(Root);
        using var user = SetupChannel.Inherited(User);
        using var time = SetupChannel.Inherited(Time);
        var (entersUser, entersTime) = (!IsOwn(user, "user"), !IsOwn(time, "time"));
        if (entersUser || entersTime)
        {
            OnlyThread.Become();
        }

        var program = new ContainerProgram(process, lastCapability);
        program.SetOomScore();
        program.PrepareIn(new RootedPath(root));
        if (entersTime)
        {
            ProcessImage.Enter(time, NamespaceKinds.Time);
        }

        ProcessImage.Enter(cgroups, NamespaceKinds.Cgroup);
        ProcessImage.Enter(mounts, NamespaceKinds.Mount);
        program.Terminal = ProcessTerminal.Open(process, new RootedPath(root), console: false);
        ProcessImage.EnterRoot(root);
        program.SetScheduling();
        RunOn(process.FinalCPUs);
        if (entersUser)
        {
            program.PrepareForUserNamespace();
            ProcessImage.Enter(user, NamespaceKinds.User);
        }

        return program;
    }

    private static void RunOn(IReadOnlyList<uint> cpus)
    {
        if (cpus.Count == 0)
        {
            return;
        }

        var numbers = new int[cpus.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (int)cpus[i];
        }

        CpuAffinity.Set(0, numbers);
    }

    // A process may not enter its own user namespace again.
    private static bool IsOwn(SafeFileHandle entered, string kind)
    {
        using var own = Descriptors.Open($"/proc/self/ns/{kind}", OpenFlags.ReadOnly);
        return FileStatus.Of(own).Inode == FileStatus.Of(entered).Inode;
    }
}

using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// The terminal of a process, of the container's own devpts(5), so that its name is right inside. Its slave becomes the stdin, stdout, stderr and
/// controlling terminal of this process. The agent takes a copy of the master; this process has one until it becomes its program.
/// </summary>
internal static class ProcessTerminal
{
    private const string Maker = "/dev/pts/ptmx";
    private const string Console = "/dev/console";

    // The number of /dev/ptmx: the container may have put anything else there.
    private static readonly (uint, uint) s_maker = (5, 2);

    /// <summary>Opens the terminal that the process asks for; returns its master, or null when it asks for none.</summary>
    /// <param name="process">The process.</param>
    /// <param name="root">The container's root, with its mounts.</param>
    /// <param name="console">Whether it becomes the container's /dev/console, too.</param>
    internal static SafeFileHandle? Open(Process process, RootedPath root, bool console)
    {
        if (!process.Terminal)
        {
            return null;
        }

        var master = OpenMaster(root);
        try
        {
            using var slave = PseudoTerminal.Of(master).Slave;
            if (process.ConsoleSize is { } size)
            {
                Terminal.SetSize(master, new TerminalSize((ushort)size.Height, (ushort)size.Width));
            }

            if (console)
            {
                using var place = root.OpenOrCreateFile(Console);
                using var device = Mounts.CloneTree(slave, recursive: false, Console);
                Mounts.Attach(device, place, Console);
            }

            ProcessImage.TakeTerminal(slave);
            return master;
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    private static SafeFileHandle OpenMaster(RootedPath root)
    {
        var master = root.TryOpenReadWrite(Maker) ?? throw Failures.Invalid($"process.terminal: the container has no {Maker}");
        var status = FileStatus.Of(master);
        if (status.Kind == FileKind.CharacterDevice && status.Device == s_maker)
        {
            return master;
        }

        master.Dispose();
        throw Failures.Invalid($"process.terminal: {Maker} of the container makes no terminals");
    }
}

using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// A process of a container, from its birth to its program. Born in its pid, ipc and uts namespaces, it prepares itself when it is told to, and waits to be
/// started. All on one thread: namespaces and credentials belong to threads.
/// </summary>
internal static class ProcessSetup
{
    private const int GivenUp = 1;

    /// <summary>Runs until the program is executed; returns the exit code of a process without one.</summary>
    /// <param name="prepare">Enters the container, given the kernel's last capability.</param>
    internal static int Run(Func<int, ContainerProgram> prepare)
    {
        DescriptorHygiene.MarkInheritedCloseOnExec();
        using var steps = SetupChannel.Inherited(SetupChannel.StepDescriptor);
        using var report = SetupChannel.Inherited(SetupChannel.ReportDescriptor);
        KernelLog.Take(SetupChannel.Inherited(SetupChannel.LogDescriptor));
        try
        {
            // Other processes of the container may see this one.
            ProcessImage.ForbidInspection();

            // So that files made for the container get exactly the requested permissions.
            ProcessImage.SetUmask(0);

            // Done in advance: the process may wait long for its document.
            var lastCapability = ThreadCredentials.ReadLastCapability();
            _ = Descriptors.TryWrite(report, [SetupChannel.Born]);
            if (!SetupChannel.Await(steps, SetupChannel.Prepare))
            {
                return GivenUp;
            }

            var program = prepare(lastCapability);
            program.TakeIdentity();
            _ = Descriptors.TryWrite(report, SetupChannel.EncodeReady(program.Terminal));
            if (!SetupChannel.Await(steps, SetupChannel.Start))
            {
                return GivenUp;
            }

            program.Execute();
            return GivenUp;
        }
        catch (ExecutableException failure)
        {
            return Fail(report, SetupChannel.InvalidRequest, failure.Message, failure.ExitCode);
        }
        catch (TtrpcException failure)
        {
            return Fail(report, SetupChannel.InvalidRequest, failure.Message, GivenUp);
        }
        catch (Exception failure)
        {
            var message = failure is LinuxException or IOException ? failure.Message : failure.ToString();
            return Fail(report, SetupChannel.Failed, message, GivenUp);
        }
    }

    private static int Fail(SafeFileHandle report, byte kind, string message, int exitCode)
    {
        _ = Descriptors.TryWrite(report, SetupChannel.Encode(kind, message));
        return exitCode;
    }
}

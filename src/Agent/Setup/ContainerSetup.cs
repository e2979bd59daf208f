using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Setup;

/// <summary>
/// The first process of a container, from its birth to its program. Born in its pid, ipc and uts namespaces, it takes new mount and cgroup
/// namespaces, builds the container's root, and waits to be started. All on one thread: namespaces and credentials belong to threads.
/// </summary>
internal static class ContainerSetup
{
    /// <summary>The agent's argument that leads here.</summary>
    internal const string Verb = "ns-init";

    private const int GivenUp = 1;

    internal static int Run()
    {
        DescriptorHygiene.MarkInheritedCloseOnExec();
        using var steps = Inherited(SetupChannel.StepDescriptor);
        using var report = Inherited(SetupChannel.ReportDescriptor);
        KernelLog.Open();
        try
        {
            // So that files made for the container get exactly the requested permissions.
            ProcessImage.SetUmask(0);

            // Done in advance: the process may wait long for its spec.
            var lastCapability = ThreadCredentials.ReadLastCapability();
            _ = Descriptors.TryWrite(report, [SetupChannel.Born]);
            if (!SetupChannel.Await(steps, SetupChannel.Prepare))
            {
                return GivenUp;
            }

            var program = Prepare(ReadSpec(), lastCapability);
            _ = Descriptors.TryWrite(report, [SetupChannel.Ready]);
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

    private static ContainerProgram Prepare(Spec spec, int lastCapability)
    {
        ProcessImage.Unshare(NamespaceKinds.Mount | NamespaceKinds.Cgroup);
        if (spec.Process.OOMScoreAdj != 0)
        {
            KernelFiles.Write("/proc/self/oom_score_adj", $"{spec.Process.OOMScoreAdj}");
        }

        if (spec.Hostname.Length > 0)
        {
            ProcessImage.SetHostName(spec.Hostname);
        }

        var program = new ContainerProgram(spec.Process, lastCapability);
        using var root = ContainerRoot.Build(spec);
        program.PrepareIn(new RootedPath(root));
        ProcessImage.EnterRoot(root);
        return program;
    }

    private static Spec ReadSpec()
    {
        using var file = Inherited(SetupChannel.SpecDescriptor);
        var bytes = new byte[Descriptors.Rewind(file)];
        for (var at = 0; at < bytes.Length;)
        {
            var read = Descriptors.TryRead(file, bytes.AsSpan(at));
            at += read > 0 ? read : throw new EndOfStreamException("the spec is cut short");
        }

        return Spec.Parser.ParseFrom(bytes);
    }

    private static SafeFileHandle Inherited(int descriptor) => new(descriptor, ownsHandle: true);

    private static int Fail(SafeFileHandle report, byte kind, string message, int exitCode)
    {
        _ = Descriptors.TryWrite(report, SetupChannel.Encode(kind, message));
        return exitCode;
    }
}

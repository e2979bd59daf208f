using Akka.Actor;
using Akka.Hosting;
using Akka.Hosting.TestKit;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor on a file system in memory, for the VMM with the threads 10, 11 and 12.</summary>
public abstract class FakeMachine : TestKit
{
    private protected static readonly ProcessIdentity Vmm = ProcessIdentity.TryRead(Environment.ProcessId)!.Value;

    private protected FakeCgroupFileSystem Files { get; } = new() { VmmThreads = () => [10, 11, 12] };

    private protected CgroupSettings Settings { get; set; } = new() { Deadline = Deadline.Span };

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.test.single-expect-default = 60s", HoconAddMode.Prepend);

    private protected static CgroupProtocol.Apply Command(CpuLimit? limit = null, ResourceLimits? resources = null) =>
        new(Vmm, [11, 12], limit) { Resources = resources ?? ResourceLimits.None };

    private protected IActorRef Actor() => Sys.ActorOf(CgroupActor.Props(Settings, "x", Files));

    private protected CgroupProtocol.Applied Apply(CpuLimit? limit = null, ResourceLimits? resources = null) =>
        Ask<CgroupProtocol.Applied>(Command(limit, resources));

    private protected Failure Refused(CpuLimit? limit = null, ResourceLimits? resources = null) =>
        Ask<CgroupFailure>(Command(limit, resources)).Failure;

    private protected CgroupProtocol.Status Status() => Ask<CgroupProtocol.Status>(new CgroupProtocol.GetStatus());

    private protected void Destroy() => Ask<CgroupProtocol.Destroyed>(new CgroupProtocol.Destroy());

    private protected T Ask<T>(CgroupProtocol.ICommand command)
    {
        Actor().Tell(command, TestActor);
        return ExpectMsg<T>(Deadline.Span);
    }

    /// <summary>The content of a file, without the line's end.</summary>
    private protected string Text(string path) => Files.Read(path).TrimEnd('\n');

    private protected int[] Members(string path) => [.. Text(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).Order()];
}

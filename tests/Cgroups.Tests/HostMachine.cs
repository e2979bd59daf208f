using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Hosting;
using Akka.Hosting.TestKit;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor on the cgroup file systems of this machine, of either version, with real processes.</summary>
public abstract class HostMachine : TestKit
{
    protected HostMachine()
    {
        Mounts = CgroupMount.Choose(MountInfo.ReadOwn(), KernelFiles.Read);
        Assert.SkipWhen(Mounts.IsEmpty, "this machine has no cgroups with the controller cpu");
    }

    private protected string Name { get; } = $"test-{Guid.NewGuid():N}";

    private protected CgroupSettings Settings { get; set; } = new();

    private protected ImmutableArray<CgroupMount> Mounts { get; }

    private protected bool IsUnified => Main.IsUnified;

    private protected CgroupMount Main => Mounts.First(mount => mount.Controllers.Contains("cpu"));

    private protected CgroupLayout Layout => CgroupLayout.In(Main, Settings.Placement, Name);

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.test.single-expect-default = 60s", HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        await SandboxCgroup.Find(new CgroupFileSystem(), Settings, Name).DestroyAsync(unmarkedToo: false, Deadline.Token);
    }

    private protected static ProcessIdentity Identity(ChildScript child) => ProcessIdentity.TryRead(child.Pid)!.Value;

    private protected static Dictionary<int, string> Threads(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .ToDictionary(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), task => File.ReadAllText($"{task}/comm").Trim());

    private protected IActorRef Actor() => Sys.ActorOf(CgroupActor.Props(Settings, Name));

    private protected T Ask<T>(IActorRef actor, object command)
    {
        actor.Tell(command, TestActor);
        var reply = ReceiveOne(Deadline.Span);
        return reply is T expected ? expected : throw new InvalidOperationException($"{reply}");
    }

    private protected CgroupProtocol.Applied Apply(IActorRef actor, ChildScript vmm, CpuLimit? limit, params int[] vcpuTids) =>
        Ask<CgroupProtocol.Applied>(actor, new CgroupProtocol.Apply(Identity(vmm), [.. vcpuTids], limit));

    private protected CgroupProtocol.Status Status(IActorRef actor) => Ask<CgroupProtocol.Status>(actor, new CgroupProtocol.GetStatus());

    private protected void Destroy(IActorRef actor)
    {
        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());
        Assert.Empty(Left(Name));
        Assert.True(Directory.Exists(Layout.Parent));
    }

    /// <summary>The groups of sandboxes with this prefix of their names, in every hierarchy.</summary>
    private protected IEnumerable<string> Left(string name) => Mounts
        .Select(mount => CgroupLayout.In(mount, Settings.Placement, Name).Parent)
        .Where(Directory.Exists)
        .SelectMany(parent => Directory.GetDirectories(parent, $"{name}*"));

    /// <summary>The limit in the group's files, in the notation of version 2.</summary>
    private protected string LimitOf(string group)
    {
        if (IsUnified)
        {
            return Read(group, "cpu.max");
        }

        var quota = Read(group, "cpu.cfs_quota_us");
        return $"{(quota == "-1" ? "max" : quota)} {Read(group, "cpu.cfs_period_us")}";
    }

    private protected void LimitTo(string group, long quota, long period)
    {
        if (IsUnified)
        {
            KernelFiles.Write(Path.Combine(group, "cpu.max"), $"{quota} {period}");
        }
        else
        {
            KernelFiles.Write(Path.Combine(group, "cpu.cfs_quota_us"), $"{quota}");
            KernelFiles.Write(Path.Combine(group, "cpu.cfs_period_us"), $"{period}");
        }
    }

    /// <summary>The group of a thread in the hierarchy of the controller cpu, as a whole path.</summary>
    private protected string GroupOf(int tid)
    {
        var fields = File.ReadLines($"/proc/{tid}/cgroup").Select(line => line.Split(':', 3)).First(IsUnified
            ? entry => entry[0] == "0"
            : entry => entry[1].Split(',').Contains("cpu"));
        return Path.TrimEndingDirectorySeparator(Path.Combine(Main.MountPoint, fields[2].TrimStart('/')));
    }

    private protected static string Read(string group, string file) => KernelFiles.Read(Path.Combine(group, file)).TrimEnd('\n');
}

using Akka.Actor;
using Akka.Configuration;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Runtime.Persistence;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Persistence;

/// <summary>Existing journals contain these bytes: a change of one of them is a broken journal, not a test to be updated.</summary>
public sealed class JournalSerializerSpecs : IAsyncLifetime
{
    private static readonly ProcessRecord s_process = new() { Pid = 4711, StartTime = 123456789 };

    private static readonly Dictionary<IMessage, string> s_golden = new()
    {
        [new SandboxAdmitted { Root = "/r", Id = "a", HostName = "h", Uuid = "u" }] = "0A022F72" + "120161" + "1A0168" + "220175",
        [new SandboxForgotten { Uuid = "u" }] = "0A0175",
        [new SandboxRegister { Sandboxes = { new SandboxAdmitted { Id = "a" } } }] = "0A03120161",
        [new SandboxCreateBegun { Root = "/r", Id = "a", HostName = "h", Uuid = "u", BootId = "b", Vcpus = 2, MemoryMib = 256, CreatedUnixNs = 5 }] = "0A022F72" + "120161" + "1A0168" + "220175" + "2A0162" + "3002" + "388002" + "4005",
        [new CgroupRecord { Parent = "kata", Overhead = "over", SandboxOnly = true }] = "0A046B617461" + "12046F766572" + "1801",
        [new ContainerCreateBegun { Id = "a", Spec = ByteString.CopyFromUtf8("{}"), Bundle = "/b", StandIn = s_process, OwnerUid = 7, CreatedUnixNs = 5 }] = "0A0161" + "12027B7D" + "1A022F62" + "220808E72410959AEF3A" + "2807" + "3005",
        [s_process] = "08E72410959AEF3A",
        [new VmLaunched { Vmm = s_process, Source = "cold", Accelerator = "tcg", Uuid = "u" }] = "0A0808E72410959AEF3A" + "1204636F6C64" + "1A03746367" + "220175",
        [new VmAssigned { Uuid = "u" }] = "0A0175",
        [new NetworkBegun { Namespace = 300, HoldsStart = true, Interfaces = { 2, 5 } }] = "08AC0210011A020205",
        [new ContainerCreated { Id = "a", Steps = { new StepRecord { Step = "boot", StartUs = 3, DurationUs = 300 } } }] = "0A0161" + "120B" + "0A04626F6F74" + "1003" + "18AC02",
        [new StepRecord { Step = "boot", StartUs = 3, DurationUs = 300 }] = "0A04626F6F74" + "1003" + "18AC02",
        [new ContainerCreateFailed { Id = "a", Reason = "r" }] = "0A0161120172",
        [new ContainerStartBegun { Id = "a" }] = "0A0161",
        [new ContainerStarted { Id = "a" }] = "0A0161",
        [new ContainerStartFailed { Id = "a", Reason = "r" }] = "0A0161120172",
        [new ContainerExited { Id = "a", ExitCode = 137, Reason = "r", ExitedUnixNs = 5 }] = "0A0161" + "108901" + "1A0172" + "2005",
        [new ContainerUpdateBegun { Id = "a", Resources = ByteString.CopyFromUtf8("{}") }] = "0A0161" + "12027B7D",
        [new ContainerUpdated { Id = "a" }] = "0A0161",
        [new ContainerPauseBegun { Id = "a" }] = "0A0161",
        [new ContainerPaused { Id = "a" }] = "0A0161",
        [new ContainerResumeBegun { Id = "a" }] = "0A0161",
        [new ContainerResumed { Id = "a" }] = "0A0161",
        [new ContainerUpdateFailed { Id = "a", Reason = "r" }] = "0A0161120172",
        [new ContainerDeleteBegun { Id = "a" }] = "0A0161",
        [new ContainerDeleted { Id = "a" }] = "0A0161",
        [new ExecBegun { Container = "a", Id = "e", StandIn = s_process, Process = ByteString.CopyFromUtf8("{}") }] = "0A0161" + "120165" + "1A0808E72410959AEF3A" + "22027B7D",
        [new ExecStarted { Container = "a", Id = "e" }] = "0A0161" + "120165",
        [new ExecExited { Container = "a", Id = "e", ExitCode = 137, Reason = "r" }] = "0A0161" + "120165" + "188901" + "220172",
        [new ExecRemoved { Container = "a", Id = "e" }] = "0A0161" + "120165",
        [new SandboxDeleteBegun { Reason = "r" }] = "0A0172",
        [new VmStopped { Reason = "r" }] = "0A0172",
        [new SandboxDeleted()] = "",
    };

    private readonly ActorSystem _system = ActorSystem.Create("serializer", Config.Empty);

    public static TheoryData<string> Names => [.. s_golden.Keys.Select(message => message.Descriptor.FullName)];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _system.Terminate().WaitAsync(Deadline.Span);

    [Fact]
    public void Should_add_the_name_and_the_owner_of_cgroups_to_what_was_written_before() => Assert.Equal(
        "0A046B617461" + "12046F766572" + "1801" + "220163" + "2A0175",
        Convert.ToHexString(new CgroupRecord { Parent = "kata", Overhead = "over", SandboxOnly = true, Name = "c", Owner = "u" }.ToByteArray()));

    [Fact]
    public void Should_add_the_request_id_to_what_was_written_before() => Assert.Equal(
        "0A0161" + "3A020102",
        Convert.ToHexString(new ContainerCreateBegun { Id = "a", RequestId = ByteString.CopyFrom(1, 2) }.ToByteArray()));

    [Fact]
    public void Should_have_golden_bytes_for_every_message() =>
        Assert.Equal(
            JournalReflection.Descriptor.MessageTypes.Select(type => type.FullName).Order(),
            s_golden.Keys.Select(message => message.Descriptor.FullName).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_write_and_read_the_same_bytes_for_ever(string name)
    {
        var (message, bytes) = s_golden.Single(entry => entry.Key.Descriptor.FullName == name);
        var serializer = new JournalSerializer((ExtendedActorSystem)_system);

        Assert.Equal(name, serializer.Manifest(message));
        Assert.Equal(bytes, Convert.ToHexString(serializer.ToBinary(message)));
        Assert.Equal(message, serializer.FromBinary(Convert.FromHexString(bytes), name));
    }

    [Fact]
    public void Should_keep_its_number() => Assert.Equal(1701, new JournalSerializer((ExtendedActorSystem)_system).Identifier);

    [Fact]
    public void Should_ignore_fields_that_a_newer_version_added()
    {
        var read = new JournalSerializer((ExtendedActorSystem)_system).FromBinary(Convert.FromHexString("0A0161" + "F83F01"), "kataactors.journal.v1.ContainerStarted");

        Assert.Equal("a", Assert.IsType<ContainerStarted>(read).Id);
    }

    [Fact]
    public void Should_name_the_event_when_it_is_unknown()
    {
        var failure = Assert.Throws<ArgumentException>(
            () => new JournalSerializer((ExtendedActorSystem)_system).FromBinary([], "kataactors.journal.v1.ContainerMoved"));

        Assert.Contains("ContainerMoved", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_what_is_no_event() =>
        Assert.Throws<ArgumentException>(() => new JournalSerializer((ExtendedActorSystem)_system).ToBinary("text"));
}

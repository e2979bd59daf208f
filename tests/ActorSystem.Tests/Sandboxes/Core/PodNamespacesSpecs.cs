using System.Text.Json.Nodes;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The namespaces that a container of a pod names by path; the sandbox's stand-in has pid 8, that of the container "t" has pid 10.</summary>
public sealed class PodNamespacesSpecs
{
    private readonly Decider _core = new("s");

    public PodNamespacesSpecs()
    {
        _core.Record(new ContainerCreateBegun { Id = "t", Spec = ByteString.CopyFrom(Specs.Make().Bytes), Bundle = "/b", StandIn = new ProcessRecord { Pid = 10, StartTime = 80 } });
        _core.Record(new ContainerCreated { Id = "t" });
    }

    [Theory]
    [InlineData("/proc/8/ns/pid", "s")]
    [InlineData("/proc/10/ns/pid", "t")]
    [InlineData("/run/pidns/pinned", "s")]
    [InlineData("", null)]
    public void Should_find_the_owner_of_the_pid_namespace(string path, string? owner)
    {
        var spec = Specs.Make(Joining(path)).Spec;

        Assert.Equal(owner, PodNamespaces.PidOwner(spec, _core.State.Record));
        Assert.Null(PodNamespaces.Refuse(spec, _core.State.Record));
    }

    [Fact]
    public void Should_find_the_latest_of_the_containers_whose_stand_ins_had_the_same_pid()
    {
        // Enough of them that none of the record's orders finds the latest by chance.
        for (var number = 1; number <= 20; number++)
        {
            var id = $"u{number}";
            _core.Record(new ContainerCreateBegun { Id = id, Spec = ByteString.CopyFrom(Specs.Make().Bytes), Bundle = "/b", StandIn = new ProcessRecord { Pid = 12, StartTime = 80 + (ulong)number } });
            _core.Record(new ContainerCreated { Id = id });
            Assert.Equal(id, PodNamespaces.PidOwner(Specs.Make(Joining("/proc/12/ns/pid")).Spec, _core.State.Record));
            Assert.Null(PodNamespaces.Refuse(Specs.Make(Joining("/proc/12/ns/pid")).Spec, _core.State.Record));
            _core.Record(new ContainerExited { Id = id, ExitCode = 0 });
        }
    }

    [Fact]
    public void Should_name_the_owner_to_the_guest()
    {
        var begun = _core.Create("c", Joining("/proc/10/ns/pid"));

        var call = _core.Reply(begun, "Attach", new StorageProtocol.Attached("c"));

        var request = Assert.Single(call.Effects.OfType<AwaitedEffect.Ask>().Select(ask => (ask.Command as AgentProtocol.Invoke)?.Request).OfType<CreateContainerRequest>());
        Assert.Equal("t", request.PidNamespaceOf);
    }

    [Fact]
    public void Should_not_get_a_pid_namespace_of_its_own_when_the_owner_goes_during_the_creation()
    {
        var begun = _core.Create("c", Joining("/proc/10/ns/pid"));
        _core.Record(new ContainerDeleted { Id = "t" });

        var attached = _core.Reply(begun, "Attach", new StorageProtocol.Attached("c"));

        Assert.Empty(attached.Effects.OfType<AwaitedEffect.Ask>().Select(ask => (ask.Command as AgentProtocol.Invoke)?.Request).OfType<CreateContainerRequest>());
        Assert.Single(_core.State.Operations.Values.OfType<UndoContainer>());
    }

    [Theory]
    [InlineData("pid", "/proc/99/ns/pid")]
    [InlineData("ipc", "/proc/99/ns/ipc")]
    [InlineData("uts", "/proc/99/ns/uts")]
    public void Should_refuse_the_namespace_of_a_process_that_is_not_of_the_pod(string type, string path)
    {
        var refused = _core.Create("c", Joining(path, type));

        Assert.Equal(
            [new Failure(FailureCode.FailedPrecondition, $"cannot create container \"c\": its {type} namespace \"{path}\" is that of no container of sandbox \"s\"")],
            refused.Replies);
        Assert.Empty(refused.EventTypes);
    }

    [Fact]
    public void Should_refuse_a_pid_namespace_that_has_ended()
    {
        _core.Record(new ContainerExited { Id = "s", ExitCode = 137 });

        Assert.Equal(
            [new Failure(FailureCode.FailedPrecondition, "cannot create container \"c\": the pid namespace of container \"s\" has ended with it")],
            _core.Create("c", Joining("/run/pidns/pinned")).Replies);
        Assert.NotEmpty(_core.Create("c", Joining("/proc/8/ns/ipc", "ipc")).EventTypes);
    }

    private static Action<JsonObject> Joining(string path, string type = "pid") => json =>
    {
        Specs.Joining("s", -1, 100_000)(json);
        json["linux"]!["namespaces"]!.AsArray().Single(entry => (string)entry!["type"]! == type)!["path"] = path;
    };
}

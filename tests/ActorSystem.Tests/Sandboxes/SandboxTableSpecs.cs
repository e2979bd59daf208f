using System.Collections.Immutable;
using KataActors.Runtime.Sandboxes;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class SandboxTableSpecs
{
    private static readonly ContainerKey s_key = new("/r", "s");

    private readonly SandboxTable<string> _table = new();

    [Fact]
    public void Should_find_a_sandbox_by_each_of_its_keys()
    {
        var uuid = Add(s_key, "host-s", "one");

        Assert.Equal("one", _table.Find(uuid));
        Assert.Equal("one", _table.Find(s_key));
        Assert.True(_table.HasHostName("host-s"));
        Assert.Equal(["one"], _table.Sandboxes);
    }

    [Fact]
    public void Should_find_nothing_under_other_keys()
    {
        Add(s_key, "s", "one");

        Assert.Null(_table.Find(Guid.NewGuid()));
        Assert.Null(_table.Find(s_key with { Root = "/other" }));
        Assert.Null(_table.Find(s_key with { Id = "t" }));
        Assert.False(_table.HasHostName("t"));
        Assert.Null(_table.FindContainer(s_key));
        Assert.Null(_table.FindOwner(s_key));
        Assert.Empty(_table.Containers("/r"));
    }

    [Fact]
    public void Should_forget_a_sandbox_with_its_containers_and_no_other()
    {
        var (first, second) = (Add(s_key, "s", "one"), Add(s_key with { Id = "t" }, "t", "two"));
        _table.Put(first, Snapshot("s", "s"));
        _table.Put(first, Snapshot("c", "s"));
        _table.Put(second, Snapshot("t", "t"));

        Assert.True(_table.Remove(first));
        Assert.False(_table.Remove(first));

        Assert.Null(_table.Find(s_key));
        Assert.False(_table.HasHostName("s"));
        Assert.Null(_table.FindContainer(new ContainerKey("/r", "c")));
        Assert.Equal(["t"], _table.Containers("/r").Select(container => container.Key.Id));
        Assert.Equal(["two"], _table.Sandboxes);
    }

    [Fact]
    public void Should_still_find_an_incarnation_when_another_of_the_same_key_is_removed()
    {
        var (first, second) = (Add(s_key, "s", "one"), Add(s_key, "s", "two"));

        _table.Remove(first);
        Assert.Equal("two", _table.Find(s_key));
        Assert.True(_table.HasHostName("s"));

        _table.Remove(second);
        Assert.Null(_table.Find(s_key));
        Assert.False(_table.HasHostName("s"));
    }

    [Fact]
    public void Should_list_the_containers_of_one_root()
    {
        var (here, there) = (Add(s_key, "s", "one"), Add(s_key with { Root = "/other" }, "s-1", "two"));
        _table.Put(here, Snapshot("s", "s"));
        _table.Put(here, Snapshot("c", "s"));
        _table.Put(there, Snapshot("s", "s", root: "/other"));

        Assert.Equal(["c", "s"], _table.Containers("/r").Select(container => container.Key.Id).Order());
        Assert.Equal(["s"], _table.Containers("/other").Select(container => container.Key.Id));
        _table.RemoveContainer(new ContainerKey("/r", "c"));
        Assert.Equal(["s"], _table.Containers("/r").Select(container => container.Key.Id));
    }

    [Fact]
    public void Should_take_in_reports_of_containers_of_known_sandboxes_only()
    {
        var uuid = Add(s_key, "s", "one");

        _table.Report(Snapshot("c", "s"));
        _table.Report(Snapshot("x", "gone"));
        _table.Report(Snapshot("c", "s") with { Status = ContainerStatus.Stopped });

        var only = Assert.Single(_table.Containers("/r"));
        Assert.Equal(("c", ContainerStatus.Stopped), (only.Key.Id, only.Status));
        Assert.Equal("one", _table.FindOwner(only.Key));
        Assert.True(_table.Remove(uuid));
        Assert.Empty(_table.Containers("/r"));
    }

    [Fact]
    public void Should_move_a_container_to_the_sandbox_that_it_is_put_into()
    {
        var (first, second) = (Add(s_key, "s", "one"), Add(s_key with { Id = "t" }, "t", "two"));
        _table.Put(first, Snapshot("c", "s"));

        _table.Put(second, Snapshot("c", "t"));

        _table.Remove(first);
        Assert.Equal("two", _table.FindOwner(new ContainerKey("/r", "c")));
    }

    [Fact]
    public void Should_refuse_a_container_of_no_sandbox() =>
        Assert.Throws<ArgumentException>(() => _table.Put(Guid.NewGuid(), Snapshot("c", "s")));

    private Guid Add(ContainerKey key, string hostName, string entry)
    {
        var uuid = Guid.NewGuid();
        _table.Add(new SandboxRegistration(key, hostName, uuid), entry);
        return uuid;
    }

    private static ContainerSnapshot Snapshot(string id, string sandbox, string root = "/r") => new(
        new ContainerKey(root, id), sandbox, ContainerStatus.Created, 1, "/b", "/b/rootfs", "1.0.2", ImmutableDictionary<string, string>.Empty, DateTimeOffset.UnixEpoch, 0, null, "");
}

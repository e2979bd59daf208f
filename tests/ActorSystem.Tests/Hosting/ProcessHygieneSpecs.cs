using KataActors.Linux;
using KataActors.Runtime.Hosting;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

public sealed class ProcessHygieneSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_write_itself_into_the_root_of_every_hierarchy()
    {
        var v1 = Hierarchy("cpu");
        var v2 = Hierarchy("unified");
        var partial = Hierarchy("partial");

        ProcessHygiene.LeaveCgroups(
        [
            new MountInfo("/", v1, "cgroup", "cgroup", ["rw", "cpu"]),
            new MountInfo("/", v2, "cgroup2", "cgroup2", ["rw"]),
            new MountInfo("/docker/x", partial, "cgroup", "cgroup", ["rw", "memory"]),
            new MountInfo("/", _directory.File("missing"), "cgroup", "cgroup", ["rw", "pids"]),
            new MountInfo("/", _directory.Path, "tmpfs", "tmpfs", ["rw"]),
        ]);

        Assert.Equal("0", File.ReadAllText(Path.Combine(v1, "cgroup.procs")));
        Assert.Equal("0", File.ReadAllText(Path.Combine(v2, "cgroup.procs")));
        Assert.Equal("", File.ReadAllText(Path.Combine(partial, "cgroup.procs")));
    }

    private string Hierarchy(string name)
    {
        Directory.CreateDirectory(_directory.File(name));
        _directory.Write($"{name}/cgroup.procs", "");
        return _directory.File(name);
    }
}

using Xunit;

namespace KataActors.Guest.Tests;

public class ModuleTreeSpecs
{
    [Fact]
    public void Should_put_each_module_after_what_it_needs()
    {
        var tree = Tree(("9p", ["9pnet", "netfs"]), ("9pnet", []), ("netfs", []), ("9pnet_virtio", ["virtio", "9pnet"]), ("virtio", []));

        Assert.Equal(["virtio", "9pnet", "9pnet_virtio", "netfs", "9p"], Names(tree.Resolve(["9pnet_virtio", "9p"])));
    }

    [Fact]
    public void Should_list_a_module_once_when_it_is_wanted_twice()
    {
        Assert.Equal(["virtio_net"], Names(Tree(("virtio_net", [])).Resolve(["virtio-net", "virtio_net"])));
    }

    [Fact]
    public void Should_leave_out_a_module_when_it_is_built_in()
    {
        var tree = new ModuleTree(["/m/a.ko"], ["kernel/b.ko"], file => new KernelModule("a", file, ["b"], []));

        Assert.Equal(["a"], Names(tree.Resolve(["a", "b"])));
    }

    [Fact]
    public void Should_load_a_preferred_module_first_but_not_miss_it()
    {
        var tree = new ModuleTree(
            ["/m/ext4.ko", "/m/crc32c.ko"],
            [],
            file => new KernelModule(Path.GetFileNameWithoutExtension(file), file, [], file == "/m/ext4.ko" ? ["crc32c", "absent"] : []));

        Assert.Equal(["crc32c", "ext4"], Names(tree.Resolve(["ext4"])));
    }

    [Fact]
    public void Should_refuse_when_a_module_is_unknown()
    {
        var failure = Assert.Throws<GuestBuildException>(() => Tree(("a", ["b"])).Resolve(["a"]));

        Assert.Equal("kernel module \"b\", which \"a\" needs: not found and not built in", failure.Message);
    }

    [Fact]
    public void Should_refuse_when_modules_need_each_other()
    {
        var failure = Assert.Throws<GuestBuildException>(() => Tree(("a", ["b"]), ("b", ["a"])).Resolve(["a"]));

        Assert.Equal("kernel modules need each other in a circle: a -> b -> a", failure.Message);
    }

    [Fact]
    public void Should_refuse_when_the_directory_is_missing()
    {
        Assert.Throws<GuestBuildException>(() => ModuleTree.Open("/nonexistent/modules"));
    }

    [Fact]
    public void Should_refuse_when_two_files_are_the_same_module()
    {
        var failure = Assert.Throws<GuestBuildException>(() => Tree(("a-b", []), ("a_b", [])));

        Assert.Equal("kernel module \"a_b\" is there twice: \"/m/a-b.ko\" and \"/m/a_b.ko\"", failure.Message);
    }

    private static ModuleTree Tree(params (string Name, string[] Requires)[] modules) => new(
        modules.Select(module => $"/m/{module.Name}.ko"),
        [],
        file =>
        {
            var (name, requires) = modules.Single(module => file == $"/m/{module.Name}.ko");
            return new KernelModule(name, file, requires, []);
        });

    private static IEnumerable<string> Names(IEnumerable<KernelModule> modules) => modules.Select(module => module.Name);
}

using Xunit;

namespace KataActors.Cgroups.Tests;

public sealed class CgroupLayoutSpecs
{
    private static readonly CgroupMount s_old = new("/cg/cpu", "/", ["cpu"], IsUnified: false);
    private static readonly CgroupMount s_unified = new("/cg", "/", ["cpu"], IsUnified: true);

    [Fact]
    public void Should_nest_three_levels()
    {
        var layout = CgroupLayout.In(s_old, CgroupPlacement.Default, "web-1");

        Assert.Equal("/cg/cpu/kata", layout.Parent);
        Assert.Equal(["/cg/cpu/kata/web-1", "/cg/cpu/kata/web-1/vcpu"], layout.Groups);
        Assert.Equal(("/cg/cpu/kata/web-1", "/cg/cpu/kata/web-1/vcpu"), (layout.Others, layout.Vcpu));
        Assert.Equal(["/cg/cpu/kata/web-1"], layout.Tops);
    }

    [Fact]
    public void Should_have_one_group_when_all_share_it() =>
        Assert.Equal(["/cg/cpu/pods/p1/web-1"], CgroupLayout.In(s_old, new CgroupPlacement("pods/p1", "over", SandboxOnly: true), "web-1").Groups);

    [Fact]
    public void Should_call_the_sandboxs_group_as_the_placement_does()
    {
        var layout = CgroupLayout.In(s_old, new CgroupPlacement("docker", "over", SandboxOnly: false) { Name = "abc" }, "web-1");

        Assert.Equal(["/cg/cpu/docker/abc", "/cg/cpu/docker/abc/vcpu", "/cg/cpu/over/web-1"], layout.Groups);
    }

    [Fact]
    public void Should_keep_the_overhead_apart_where_that_is_possible()
    {
        var old = CgroupLayout.In(s_old, new CgroupPlacement("kata", "over", SandboxOnly: false), "web-1");
        var unified = CgroupLayout.In(s_unified, new CgroupPlacement("kata", "over", SandboxOnly: false), "web-1");

        Assert.Equal("/cg/cpu/over/web-1", old.Others);
        Assert.Equal(["/cg/cpu/kata/web-1", "/cg/cpu/over/web-1"], old.Tops);
        Assert.Equal("/cg/kata/web-1/overhead", unified.Others);
        Assert.Equal(["/cg/kata/web-1"], unified.Tops);
    }

    public static TheoryData<string> NoNames => new("", ".", "..", "../x", "a/b", "/a", "a\0b", "a\nb", new string('x', 256), new string('ü', 128));

    [Theory]
    [MemberData(nameof(NoNames))]
    public void Should_refuse_what_would_leave_its_place(string name)
    {
        Assert.Throws<ArgumentException>(() => CgroupLayout.CheckName(name));
        Assert.Throws<ArgumentException>(() => CgroupActor.Props(new CgroupSettings(), name));
    }
}

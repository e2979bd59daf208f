using Xunit;

namespace KataActors.Cgroups.Tests;

public sealed class CgroupsPathSpecs
{
    [Theory]
    [InlineData("/docker/abc", "docker")]
    [InlineData("/kubepods/burstable/pod1/abc", "kubepods/burstable/pod1")]
    [InlineData("//kubepods//pod1/abc/", "kubepods/pod1")]
    [InlineData("/abc", "")]
    [InlineData("abc", "kata")]
    [InlineData("pods/abc", "kata/pods")]
    [InlineData("system.slice:docker:abc", "system.slice")]
    [InlineData("machine-a-b.slice:libpod:abc", "machine.slice/machine-a.slice/machine-a-b.slice")]
    [InlineData("kubepods-burstable-pod1_2.slice:cri-containerd:abc", "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice")]
    [InlineData(":docker:abc", "system.slice")]
    [InlineData("-.slice:docker:abc", "")]
    [InlineData("/a:b:c", "")]
    [InlineData("/pods/cri:containerd:abc", "pods")]
    public void Should_find_the_group_in_which_the_container_lies(string path, string parent) => Assert.Equal(parent, CgroupsPath.ParentOf(path));

    [Theory]
    [InlineData("/", "it names no group")]
    [InlineData("/../etc/abc", "it holds \".\" or \"..\"")]
    [InlineData("a/./b", "it holds \".\" or \"..\"")]
    [InlineData("/a\0b", "it holds a control character")]
    [InlineData("/a\nb/c", "it holds a control character")]
    [InlineData("docker:docker:abc", "\"docker\" is no slice")]
    [InlineData(".slice:docker:abc", "\".slice\" is no slice")]
    [InlineData("a--b.slice:docker:abc", "\"a--b.slice\" is no slice")]
    [InlineData("..slice:docker:abc", "\"..slice\" is no slice")]
    public void Should_say_why_a_path_leads_nowhere(string path, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => CgroupsPath.ParentOf(path)).Message);
}

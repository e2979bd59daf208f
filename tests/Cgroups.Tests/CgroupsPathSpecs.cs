using Xunit;

namespace KataActors.Cgroups.Tests;

public sealed class CgroupsPathSpecs
{
    [Theory]
    [InlineData("/docker/abc", "docker", "abc")]
    [InlineData("/kubepods/burstable/pod1/abc", "kubepods/burstable/pod1", "abc")]
    [InlineData("//kubepods//pod1/abc/", "kubepods/pod1", "abc")]
    [InlineData("/abc", "", "abc")]
    [InlineData("abc", "kata", "abc")]
    [InlineData("pods/abc", "kata/pods", "abc")]
    [InlineData("system.slice:docker:abc", "system.slice", "docker-abc.scope")]
    [InlineData("machine-a-b.slice:libpod:abc", "machine.slice/machine-a.slice/machine-a-b.slice", "libpod-abc.scope")]
    [InlineData("kubepods-burstable-pod1_2.slice:cri-containerd:abc", "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice", "cri-containerd-abc.scope")]
    [InlineData(":docker:abc", "system.slice", "docker-abc.scope")]
    [InlineData("-.slice:docker:abc", "", "docker-abc.scope")]
    [InlineData("a.slice::abc", "a.slice", "-abc.scope")]
    [InlineData("a.slice:docker:a-b.slice", "a.slice", "a-b.slice")]
    [InlineData("/a:b:c", "", "a:b:c")]
    [InlineData("/pods/cri:containerd:abc", "pods", "cri:containerd:abc")]
    [InlineData("/pods/kata", "pods", "kata")]
    [InlineData("kata", "kata", "kata")]
    public void Should_find_the_group_that_is_named(string path, string parent, string name) => Assert.Equal((parent, name), CgroupsPath.Parse(path));

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
    [InlineData("a.slice:docker:", "it names no group")]
    [InlineData("/kata", "\"kata\" is the common parent of sandboxes")]
    public void Should_say_why_a_path_leads_nowhere(string path, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => CgroupsPath.Parse(path)).Message);
}

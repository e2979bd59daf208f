namespace KataActors.Hypervisor.Tests;

public sealed class HostVirtualizationSpecs
{
    [Theory]
    [InlineData(null, true, Accelerator.Kvm)]
    [InlineData(null, false, Accelerator.Tcg)]
    [InlineData("cannot open \"/dev/kvm\"", true, Accelerator.Tcg)]
    [InlineData("cannot open \"/dev/kvm\"", false, Accelerator.Tcg)]
    public void Should_take_kvm_when_it_opens_and_the_cpu_has_extensions(string? problem, bool hasExtensions, Accelerator expected)
    {
        Assert.True(new HostVirtualization(problem, hasExtensions).TryResolve(AcceleratorChoice.Auto, out var accelerator, out var error));
        Assert.Equal(expected, accelerator);
        Assert.Null(error);
    }

    [Fact]
    public void Should_fail_when_kvm_is_demanded_and_does_not_open()
    {
        var host = new HostVirtualization("cannot open \"/dev/kvm\"", true);

        Assert.False(host.TryResolve(AcceleratorChoice.Kvm, out _, out var error));
        Assert.Equal("accelerator \"kvm\": cannot open \"/dev/kvm\"", error);
    }

    [Fact]
    public void Should_obey_when_a_choice_is_possible()
    {
        Assert.True(new HostVirtualization(null, false).TryResolve(AcceleratorChoice.Kvm, out var kvm, out _));
        Assert.True(new HostVirtualization(null, true).TryResolve(AcceleratorChoice.Tcg, out var tcg, out _));
        Assert.Equal((Accelerator.Kvm, Accelerator.Tcg), (kvm, tcg));
    }

    [Theory]
    [InlineData("flags\t\t: fpu vme svm sse", true)]
    [InlineData("flags\t\t: fpu vmx", true)]
    [InlineData("flags\t\t: fpu svm_lock vmxnet", false)]
    [InlineData("", false)]
    public void Should_match_whole_words_when_reading_cpu_flags(string line, bool expected) =>
        Assert.Equal(expected, HostVirtualization.HasVirtualizationFlag(line));

    [Fact]
    public void Should_resolve_auto_when_asked_on_this_host() =>
        Assert.True(HostVirtualization.Probe().TryResolve(AcceleratorChoice.Auto, out _, out _));
}

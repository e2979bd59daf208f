using KataActors.TestSupport;

namespace KataActors.Model.Tests;

public sealed class VmConfigSpecs
{
    [Fact]
    public void Should_find_nothing_wrong_when_the_values_are_right() => Assert.Empty(VmConfigs.Valid.Validate());

    [Fact]
    public void Should_report_every_error_when_many_values_are_wrong()
    {
        var config = VmConfigs.Valid with
        {
            HostName = "",
            Uuid = Guid.Empty,
            QemuPath = "qemu",
            KernelPath = "a\0b",
            InitramfsPath = "",
            VcpuCount = 4,
            MaxVcpuCount = 2,
            MemoryMib = 8,
            RootPortCount = -1,
            ShareTag = new string('x', 32),
            CpuModel = "",
            KernelParameters = ["a\nb"],
        };

        Assert.Equal(
            [
                "host name is empty",
                "uuid is missing",
                "hypervisor path \"qemu\" is not absolute",
                "kernel path holds a control character",
                "initramfs path is empty",
                "share tag is longer than 31 bytes",
                "CPU model is empty",
                "maximum vCPUs 2 are fewer than vCPUs 4",
                "memory in MiB 8 is not between 32 and 4194304",
                "root ports -1 is not between 0 and 16",
                "kernel parameter holds a control character",
            ],
            config.Validate());
    }

    [Theory]
    [InlineData(96, true)]
    [InlineData(97, false)]
    public void Should_bound_the_run_directory_when_a_socket_path_would_not_fit(int length, bool fits)
    {
        var config = VmConfigs.Valid with { RunDirectory = "/" + new string('r', length - 1) };

        Assert.Equal(fits, config.Validate().IsEmpty);
    }

    [Fact]
    public void Should_refuse_kernel_parameters_when_the_kernel_would_cut_them()
    {
        var config = VmConfigs.Valid with { KernelParameters = [new string('k', 2000)] };

        Assert.Equal(["kernel parameters are longer than 2047 bytes"], config.Validate());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(241, 241)]
    [InlineData(1, 241)]
    public void Should_refuse_vcpus_when_out_of_range(int vcpus, int maximum) =>
        Assert.NotEmpty((VmConfigs.Valid with { VcpuCount = vcpus, MaxVcpuCount = maximum }).Validate());
}

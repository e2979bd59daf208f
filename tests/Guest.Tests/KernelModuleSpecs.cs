using System.Buffers.Binary;
using Xunit;

namespace KataActors.Guest.Tests;

public class KernelModuleSpecs
{
    [Fact]
    public void Should_read_dependencies_when_modinfo_names_them()
    {
        var elf = ModuleFile.WithModInfo("license=GPL", "depends=net-core,virtio", "softdep=pre: crc32c post: late", "name=x");

        var module = KernelModule.Parse("/m/virtio-thing.ko", elf);

        Assert.Equal("virtio_thing", module.Name);
        Assert.Equal("/m/virtio-thing.ko", module.File);
        Assert.Equal(["net_core", "virtio"], module.Requires);
        Assert.Equal(["crc32c"], module.Prefers);
    }

    [Fact]
    public void Should_find_no_dependency_when_the_list_is_empty()
    {
        var module = KernelModule.Parse("/m/a.ko", ModuleFile.WithModInfo("depends="));

        Assert.Empty(module.Requires);
        Assert.Empty(module.Prefers);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(200)]
    public void Should_refuse_when_the_file_is_cut_short(int length)
    {
        var elf = ModuleFile.WithModInfo("depends=virtio")[..length];

        Assert.Throws<GuestBuildException>(() => KernelModule.Parse("/m/a.ko", elf));
    }

    [Fact]
    public void Should_refuse_when_the_file_is_compressed()
    {
        var compressed = new byte[100];
        new byte[] { 0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z' }.CopyTo(compressed, 0);

        var failure = Assert.Throws<GuestBuildException>(() => KernelModule.Parse("/m/a.ko.xz", compressed));

        Assert.Equal("kernel module \"/m/a.ko.xz\": not an uncompressed 64-bit module", failure.Message);
    }

    [Theory]
    [InlineData(0x28, "section outside the file")]
    [InlineData(0x3e, "no section names")]
    public void Should_refuse_when_the_header_points_outside(int field, string cause)
    {
        var elf = ModuleFile.WithModInfo("depends=");
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(field), ushort.MaxValue);

        var failure = Assert.Throws<GuestBuildException>(() => KernelModule.Parse("/m/a.ko", elf));

        Assert.Equal($"kernel module \"/m/a.ko\": {cause}", failure.Message);
    }
}

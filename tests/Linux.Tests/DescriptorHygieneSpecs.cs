using System.Runtime.InteropServices;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

[Collection(ProcessWide.Name)]
public sealed partial class DescriptorHygieneSpecs
{
    [Fact]
    public async Task Should_keep_an_inherited_descriptor_from_children_and_leave_it_usable_here()
    {
        using var directory = new TemporaryDirectory();
        using var file = Descriptors.Open(directory.Write("inherited", "text"), OpenFlags.ReadOnly);
        // dup(2) makes a descriptor that children inherit, as a careless parent leaves it behind.
        using var inherited = new Microsoft.Win32.SafeHandles.SafeFileHandle(dup(file), ownsHandle: true);
        Assert.Contains("inherited", await ChildScript.RunAsync("ls -l /proc/self/fd"));

        DescriptorHygiene.MarkInheritedCloseOnExec();

        Assert.DoesNotContain("inherited", await ChildScript.RunAsync("ls -l /proc/self/fd"));
        Assert.Equal(4, RandomAccess.GetLength(inherited));
    }

    [Fact]
    public void Should_refuse_a_negative_number() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DescriptorHygiene.MarkInheritedCloseOnExec(-1));

    [LibraryImport("libc")]
    private static partial int dup(SafeHandle fd);
}

using KataActors.Runtime.Factory;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

public sealed class MemoryChecksumSpecs : IDisposable
{
    private const int Page = 4096;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_be_the_same_for_holes_and_for_zeros()
    {
        var sparse = Write("sparse", 600, (3, 1), (599, 2));
        var full = _directory.File("full");
        File.WriteAllBytes(full, File.ReadAllBytes(sparse));

        Assert.Equal(MemoryChecksum.Of(full), MemoryChecksum.Of(sparse));
    }

    [Fact]
    public void Should_differ_when_one_byte_does() =>
        Assert.NotEqual(MemoryChecksum.Of(Write("a", 600, (300, 1))), MemoryChecksum.Of(Write("b", 600, (300, 2))));

    [Fact]
    public void Should_differ_when_a_page_is_elsewhere() =>
        Assert.NotEqual(MemoryChecksum.Of(Write("a", 600, (300, 1))), MemoryChecksum.Of(Write("b", 600, (301, 1))));

    [Fact]
    public void Should_differ_when_the_size_does() =>
        Assert.NotEqual(MemoryChecksum.Of(Write("a", 600)), MemoryChecksum.Of(Write("b", 601)));

    private string Write(string name, int pages, params (int Page, byte Value)[] bytes)
    {
        var path = _directory.File(name);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, (long)pages * Page);
        foreach (var (page, value) in bytes)
        {
            RandomAccess.Write(file, [value], ((long)page * Page) + 17);
        }

        return path;
    }
}

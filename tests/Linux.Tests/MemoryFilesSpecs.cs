using Xunit;

namespace KataActors.Linux.Tests;

public sealed class MemoryFilesSpecs
{
    [Fact]
    public void Should_keep_its_size_whoever_writes()
    {
        using var file = MemoryFiles.CreateFixedSize("test", 16);

        RandomAccess.Write(file, new byte[16], 0);
        Assert.ThrowsAny<Exception>(() => RandomAccess.Write(file, new byte[1], 16));
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(file, 1));
        Assert.Equal(16, RandomAccess.GetLength(file));
    }
}

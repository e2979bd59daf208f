using Xunit;

namespace KataActors.Linux.Tests;

public sealed class LinuxExceptionSpecs
{
    [Theory]
    [InlineData(Errno.ENOENT, "open \"/x\": no such file or directory")]
    [InlineData(Errno.EPERM, "open \"/x\": operation not permitted")]
    public void Should_name_call_subject_and_cause(int errno, string message)
    {
        var failure = new LinuxException(errno, "open", "/x");

        Assert.Equal(message, failure.Message);
        Assert.Equal((errno, "open", "/x"), (failure.Errno, failure.Call, failure.Subject));
    }

    [Fact]
    public void Should_carry_the_error_of_the_real_call_when_a_file_is_missing()
    {
        var failure = Assert.Throws<LinuxException>(() => Descriptors.Open("/no/such/file", OpenFlags.ReadOnly));

        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Equal("open \"/no/such/file\": no such file or directory", failure.Message);
    }
}

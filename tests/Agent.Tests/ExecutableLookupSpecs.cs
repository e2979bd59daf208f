using KataActors.Agent.Setup;
using KataActors.Linux;

namespace KataActors.Agent.Tests;

public sealed class ExecutableLookupSpecs
{
    private readonly ExecutableLookup _lookup = new(path => path switch
    {
        "/bin/tool" or "./tool" => 0,
        "/usr/bin/tool" or "/denied/only" => Errno.EACCES,
        "/bin" => Errno.EISDIR,
        _ => Errno.ENOENT,
    });

    [Fact]
    public void Should_take_the_first_that_can_be_executed_on_the_path()
    {
        Assert.Equal("/bin/tool", _lookup.Find("tool", ["PATH=/sbin:/usr/bin::/bin"]));
        Assert.Equal("/bin/tool", _lookup.Find("tool", ["PATH=/sbin", "PATH=/bin"]));
    }

    [Theory]
    [InlineData("/bin/tool")]
    [InlineData("./tool")]
    public void Should_take_a_name_with_a_slash_as_it_is(string name) => Assert.Equal(name, _lookup.Find(name, []));

    [Theory]
    [InlineData("only", "PATH=/denied", "exec: \"only\": executable file not found in $PATH", 127)]
    [InlineData("tool", "HOME=/bin", "exec: \"tool\": executable file not found in $PATH", 127)]
    [InlineData("", "PATH=/bin", "exec: \"\": executable file not found in $PATH", 127)]
    [InlineData("/no/tool", "PATH=/bin", "exec: \"/no/tool\": stat /no/tool: no such file or directory", 127)]
    [InlineData("/denied/only", "PATH=/bin", "exec: \"/denied/only\": permission denied", 126)]
    [InlineData("/bin", "PATH=/bin", "exec: \"/bin\": is a directory", 126)]
    public void Should_say_what_runc_says_when_there_is_none(string name, string environment, string expected, int exitCode)
    {
        var failure = Assert.Throws<ExecutableException>(() => _lookup.Find(name, [environment]));

        Assert.Equal((expected, exitCode), (failure.Message, failure.ExitCode));
    }
}

using KataActors.Agent.Setup;
using KataActors.Linux;

namespace KataActors.Agent.Tests;

public sealed class ExecutableLookupSpecs
{
    // ENOEXEC and ELOOP
    private const int NotAProgram = 8;
    private const int TooManyLinks = 40;

    private readonly List<string> _checked = [];
    private readonly ExecutableLookup _lookup;

    public ExecutableLookupSpecs() => _lookup = new(
        path => path switch
        {
            "/bin/tool" or "./tool" => throw new BecameException(path),
            "/usr/bin/tool" or "/denied/only" or "/bin" => Errno.EACCES,
            "/bin/data" or "/early/tool" => NotAProgram,
            "/loop/tool" or "/loop/only" => TooManyLinks,
            _ => Errno.ENOENT,
        },
        path =>
        {
            _checked.Add(path);
            return path switch
            {
                "/bin/script" or "/bin/data" or "/early/tool" => 0,
                "/loop/tool" or "/loop/only" => TooManyLinks,
                "/usr/bin/tool" or "/denied/only" => Errno.EACCES,
                "/bin" => Errno.EISDIR,
                _ => Errno.ENOENT,
            };
        });

    [Theory]
    [InlineData("tool", "PATH=/sbin:/usr/bin::/bin", "/bin/tool")]
    [InlineData("/bin/tool", "PATH=", "/bin/tool")]
    [InlineData("./tool", "PATH=", "./tool")]
    public void Should_become_the_first_that_can_be_executed_without_a_look_at_any(string name, string environment, string expected)
    {
        Assert.Equal(expected, Assert.Throws<BecameException>(() => _lookup.Execute(name, [environment])).Message);
        Assert.Empty(_checked);
    }

    [Theory]
    [InlineData("tool", "PATH=/sbin:/usr/bin:/early:/bin", "/early/tool")]
    [InlineData("tool", "PATH=/sbin", null)]
    [InlineData("/early/tool", "PATH=/bin", "/early/tool")]
    [InlineData("/sbin/tool", "PATH=/early", null)]
    public void Should_find_the_first_in_the_path_beforehand(string name, string environment, string? expected) =>
        Assert.Equal(expected, ExecutableLookup.Find(name, [environment], path => path == "/early/tool"));

    [Fact]
    public void Should_first_become_what_was_found_and_else_search()
    {
        Assert.Equal("/bin/tool", Assert.Throws<BecameException>(() => _lookup.Execute("tool", ["PATH=/early:/bin"], "/bin/tool")).Message);
        Assert.Equal("/bin/tool", Assert.Throws<BecameException>(() => _lookup.Execute("tool", ["PATH=/bin"], "/gone/tool")).Message);
    }

    [Theory]
    [InlineData("PATH=/loop:/bin")]
    [InlineData("PATH=/nowhere:/usr/bin:/loop:/bin")]
    public void Should_pass_over_what_cannot_be_looked_at_either(string path) =>
        Assert.Equal("/bin/tool", Assert.Throws<BecameException>(() => _lookup.Execute("tool", [path])).Message);

    [Fact]
    public void Should_take_the_last_path_of_the_environment() =>
        Assert.Equal("/bin/tool", Assert.Throws<BecameException>(() => _lookup.Execute("tool", ["PATH=/early", "PATH=/bin"])).Message);

    [Theory]
    [InlineData("only", "PATH=/denied", "exec: \"only\": executable file not found in $PATH", 127)]
    [InlineData("tool", "HOME=/bin", "exec: \"tool\": executable file not found in $PATH", 127)]
    [InlineData("", "PATH=/bin", "exec: \"\": executable file not found in $PATH", 127)]
    [InlineData("/no/tool", "PATH=/bin", "exec: \"/no/tool\": stat /no/tool: no such file or directory", 127)]
    [InlineData("/denied/only", "PATH=/bin", "exec: \"/denied/only\": permission denied", 126)]
    [InlineData("/bin", "PATH=/bin", "exec: \"/bin\": permission denied", 126)]
    [InlineData("/bin/script", "PATH=", "exec /bin/script: no such file or directory", 126)]
    [InlineData("only", "PATH=/loop:/bin", "exec: \"only\": executable file not found in $PATH", 127)]
    [InlineData("script", "PATH=/sbin:/bin", "exec /bin/script: no such file or directory", 126)]
    public void Should_say_what_runc_says_when_there_is_none(string name, string environment, string expected, int exitCode)
    {
        var failure = _lookup.Execute(name, [environment]);

        Assert.Equal((expected, exitCode), (failure.Message, failure.ExitCode));
    }

    [Theory]
    [InlineData("tool", "PATH=/early:/bin", "exec /early/tool: exec format error")]
    [InlineData("/bin/data", "PATH=", "exec /bin/data: exec format error")]
    public void Should_not_go_on_when_one_cannot_run(string name, string environment, string expected)
    {
        var failure = _lookup.Execute(name, [environment]);

        Assert.Equal((expected, 126), (failure.Message, failure.ExitCode));
    }

    private sealed class BecameException(string path) : Exception(path);
}

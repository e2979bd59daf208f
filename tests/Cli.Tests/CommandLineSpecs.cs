using System.CommandLine;

namespace KataActors.Cli.Tests;

/// <summary>The parser with the command lines of callers.</summary>
public class CommandLineSpecs
{
    [Theory]
    [InlineData("create", "--root /run/x --log /l --log-format json create --bundle /b --pid-file /p c1")]
    [InlineData("create", "--log-format=json --log /l create --bundle /b --pid-file /p --no-pivot --no-new-keyring c1")]
    [InlineData("create", "--systemd-cgroup create c1 --bundle /b --preserve-fds 0")]
    [InlineData("create", "create -b /b c1")]
    [InlineData("start", "start c1")]
    [InlineData("run", "--criu criu --rootless auto run -d c1 -b /b")]
    [InlineData("run", "run --detach --keep --no-subreaper c1")]
    [InlineData("exec", "--root /r/moby --log /l --log-format json exec --process /p --detach --pid-file /f c1")]
    [InlineData("exec", "--log-format=json --log /l exec --pid-file /f --process /p --detach c1")]
    [InlineData("exec", "exec -d -u 0:0 -g 1 -g 2 --cwd / -e A=1 --env B=2 -c CAP_KILL --no-new-privs --ignore-paused c1 ls --help -l")]
    [InlineData("exec", "exec -- c1 ls --root /r")]
    [InlineData("exec", "exec c1 exec -- exec")]
    [InlineData("pause", "--log-format=json --log /l pause c1")]
    [InlineData("resume", "resume c1")]
    [InlineData("ps", "--root /r ps --format json c1")]
    [InlineData("ps", "ps c1 -ef")]
    [InlineData("ps", "ps -f table c1 -o pid,comm --sort=pid")]
    [InlineData("events", "events --stats c1")]
    [InlineData("events", "events --interval 10s c1")]
    [InlineData("state", "state exec")]
    [InlineData("state", "--debug --address /a state c1")]
    [InlineData("list", "list -f json -q")]
    [InlineData("list", "list --format table --quiet")]
    [InlineData("kill", "kill c1")]
    [InlineData("kill", "kill --all c1 9")]
    [InlineData("kill", "kill c1 SIGTERM -a")]
    [InlineData("update", "update --cpu-quota -1 --cpu-period=100000 --cpu-share 512 c1")]
    [InlineData("update", "update --memory 64m --memory-reservation 1 --memory-swap -1 --pids-limit 7 --blkio-weight 0 c1")]
    [InlineData("update", "update --resources - c1")]
    [InlineData("update", "update -r /file --cpuset-cpus 0-1 --cpuset-mems 0 c1")]
    [InlineData("delete", "delete --force c1")]
    [InlineData("delete", "delete c1 -f")]
    [InlineData("delete", "delete --force true")]
    [InlineData("state", "state @c1")]
    [InlineData("spec", "spec -b /b")]
    [InlineData("features", "features")]
    [InlineData("version", "version")]
    [InlineData("kata-actors", "--version")]
    [InlineData("kata-actors", "-v")]
    [InlineData("list", "sandbox list --format json")]
    [InlineData("inspect", "sandbox inspect s1 --format json")]
    public void Should_accept_what_callers_write(string verb, string line)
    {
        var parsed = Parse(line);
        Assert.Empty(parsed.Errors);
        Assert.Equal(verb, parsed.CommandResult.Command is RootCommand ? "kata-actors" : parsed.CommandResult.Command.Name);
    }

    [Theory]
    [InlineData("frob c1")]
    [InlineData("state c1 c2")]
    [InlineData("state --frob c1")]
    [InlineData("state c1 --root /after/the/verb")]
    [InlineData("kill c1 TERM more")]
    [InlineData("create --bundle")]
    [InlineData("create --preserve-fds many c1")]
    [InlineData("exec --user")]
    [InlineData("exec --preserve-fds many c1 ls")]
    [InlineData("shim")]
    public void Should_refuse_when_the_line_is_none_of_ours(string line) => Assert.NotEmpty(Parse(line).Errors);

    [Theory]
    [InlineData("create --nonsense c1", "--nonsense")]
    [InlineData("create --bundle /b --nonsense=5 c1", "--nonsense")]
    [InlineData("create -x", "-x")]
    [InlineData("state c1 --root /after/the/verb", "--root")]
    [InlineData("--nonsense state c1", "--nonsense")]
    [InlineData("kill c1 --signal TERM", "--signal")]
    [InlineData("exec --nonsense c1 ls -l", "--nonsense")]
    [InlineData("exec -d -x", "-x")]
    public void Should_name_the_flag_that_is_unknown(string line, string flag) => Assert.Equal(flag, CommandLine.UnknownFlag(Parse(line)));

    [Theory]
    [InlineData("state c1 c2")]
    [InlineData("state -- --nonsense")]
    [InlineData("create --preserve-fds -1 c1")]
    [InlineData("--root -x state c1")]
    [InlineData("exec c1 ls --nonsense -x")]
    [InlineData("exec -- -c1 --nonsense")]
    public void Should_take_no_value_for_a_flag(string line) => Assert.Null(CommandLine.UnknownFlag(Parse(line)));

    [Theory]
    [InlineData("exec c1 ls -l", "c1", "ls -l")]
    [InlineData("exec -d c1 ls -d --user 5", "c1", "ls -d --user 5")]
    [InlineData("exec --cwd c1 c1 c1", "c1", "c1")]
    [InlineData("exec --cwd=/x -e exec=1 c1 -- ls", "c1", "-- ls")]
    [InlineData("exec -d -- c1 -- ls", "c1", "-- ls")]
    [InlineData("--log exec exec exec --log", "exec", "--log")]
    [InlineData("exec c1 @file", "c1", "@file")]
    [InlineData("exec c1", "c1", "")]
    public void Should_leave_the_words_behind_the_container_to_its_command(string line, string id, string command)
    {
        var parsed = Parse(line);
        var arguments = parsed.CommandResult.Command.Arguments;
        Assert.Empty(parsed.Errors);
        Assert.Equal(id, parsed.GetValue((Argument<string?>)arguments[0]));
        Assert.Equal(command, string.Join(' ', parsed.GetValue((Argument<string[]>)arguments[1]) ?? []));
    }

    [Fact]
    public void Should_read_the_global_flags_and_their_defaults()
    {
        Assert.Equal(
            new GlobalValues { Root = "/run/kata-actors", Address = "/run/kata-actors/daemon.sock" }, Read("state c1"));
        Assert.Equal(
            new GlobalValues { Root = "/r", Address = "/a", LogFile = "/l", JsonLog = true, Debug = true },
            Read("--root /r --address /a --log /l --log-format json --debug state c1"));
        Assert.Equal(Path.Combine(Directory.GetCurrentDirectory(), "x"), Read("--root x state c1").Root);
    }

    [Theory]
    [InlineData("--log-format xml state c1", "--log-format \"xml\" is unknown: text or json is possible")]
    [InlineData("--root  state c1", "--root is empty")]
    public void Should_refuse_when_a_global_flag_has_no_sensible_value(string line, string message)
    {
        var failure = Assert.Throws<CommandFailure>(() => Read(line));
        Assert.Equal((CommandFailure.Usage, message), (failure.ExitCode, failure.Message));
    }

    [Theory]
    [InlineData("--debug exec -e A=secret --env=B=secret --env C=x=secret c1 env A=1", "--debug exec -e A=... --env B=... --env C=... -- c1 env A=1")]
    [InlineData("exec --env A=secret", "exec --env A=...")]
    [InlineData("exec -eA=secret -u 1 -e A c1 sh", "exec -e A=... -u 1 -e A -- c1 sh")]
    [InlineData("create --bundle /a=b c1", "create --bundle /a=b c1")]
    public void Should_keep_the_values_of_variables_out_of_the_log(string line, string logged) => Assert.Equal(logged, CommandTrace.Of(Parse(line)));

    private static ParseResult Parse(string line) => Parse(line, new GlobalOptions());

    private static ParseResult Parse(string line, GlobalOptions global) => CommandLine.Parse(line.Split(' '), global);

    private static GlobalValues Read(string line)
    {
        var global = new GlobalOptions();
        return global.Read(Parse(line, global));
    }
}

using KataActors.Cli;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Fuzz.Tests;

/// <summary>Command lines, from the words of the caller to the exit code, beside a fake daemon.</summary>
public sealed class CommandLineSpecs : IDisposable
{
    private const int LongestMessage = 9000;

    private static readonly string[] s_lines =
    [
        "--root /r --log-format json create --bundle BUNDLE --pid-file FOLDER/pid --no-pivot c2",
        "create -b BUNDLE --preserve-fds 0 c2", "run --detach --keep -b BUNDLE c2", "start c1", "state c1", "list --format json -q", "list", "kill --all c1 9", "kill c1 SIGTERM",
        "delete --force c1", "delete c9", "update --cpu-quota -1 --cpu-period=100000 --memory 64m --pids-limit 7 c1", "update --resources FOLDER/resources c1",
        "update -r FOLDER/resources --cpuset-cpus 0-1 c1", "exec -d -u 0:0 -g 1 -g 2 --cwd / -e A=1 --env B=2 -c CAP_KILL --no-new-privs c1 ls --help -l",
        "exec --process FOLDER/process --detach --pid-file FOLDER/pid c1", "exec c1 exec -- exec", "spec -b FOLDER/new", "features", "version", "--version", "sandbox list --format json",
        "sandbox inspect s1", "factory status", "factory init", "--systemd-cgroup --criu criu --rootless auto state c1",
    ];

    // None of them makes a file outside of the test's folder, whatever flag it follows.
    private static readonly string[] s_words =
    [
        "", " ", "-", "--", "---", "-x", "--nonsense", "--nonsense=1", "=", "--=", "@file", "@", "..", "/", "/dev/null", "/proc/nowhere/file", "c1", "c9", "true", "0", "-1", "1e3",
        "99999999999999999999", "9223372036854775807", "-9223372036854775808", "1.5", "0x10", "64m", "8e", "9223372036854775807t", "TERM", "SIGKILL", "SIGRTMIN+3", "65", "json", "xml", "\0", "a\0b",
        "\ud800", "\u202e", "\u001b[2J", "\n", "\u00e9", "\U0001f600", "%s%n", "{", "}", "\"", "'", "[config]", "--help", "-h", "-?", "/?", "--version", "-v", "--debug", "--force", "-f", "-d",
        "--root", "--bundle", "--process", "--user", "exec", "run", "list", "kill", "spec", "update", "delete", "sandbox", "factory",
    ];

    // Subjects that no word names: no command at all, files of the bundle, an empty id, a part of a word as the parser divides it.
    private static readonly string[] s_others = ["--help", "rootfs", "config", "empty", "unrecognized"];

    private readonly TemporaryDirectory _folder = new();
    private readonly FakeDaemon _daemon;

    public CommandLineSpecs()
    {
        Directory.CreateDirectory(_folder.File("bundle/rootfs"));
        Directory.CreateDirectory(_folder.File("work"));
        _folder.Write("bundle/config.json", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Corpus", "config", "least.json")));
        _folder.Write("process", """{"args": ["true"], "cwd": "/"}""");
        _folder.Write("resources", """{"memory": {"limit": 134217728}}""");
        _daemon = new FakeDaemon(_folder.File("d.sock"));
    }

    public void Dispose()
    {
        _daemon.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Fact]
    public void Should_end_any_command_line_with_a_code_and_a_cause()
    {
        using var streams = new CapturedStreams(_folder.File("work"));
        Campaign.Run(2000, Draw, Change, words => Check(words, streams));
    }

    private List<string> Draw(Random random) =>
    [
        .. s_lines[random.Next(s_lines.Length)].Split(' ')
            .Select(word => word.Replace("BUNDLE", _folder.File("bundle"), StringComparison.Ordinal).Replace("FOLDER", _folder.Path, StringComparison.Ordinal)),
    ];

    private static string Change(List<string> words, Random random)
    {
        var at = random.Next(words.Count + 1);
        switch (random.Next(6))
        {
            case 0 when at < words.Count:
                var lost = words[at];
                words.RemoveAt(at);
                return $"\"{lost}\" lost";
            case 1 when at < words.Count:
                words.Insert(at, words[at]);
                return $"\"{words[at]}\" twice";
            case 2 when at < words.Count:
                var other = random.Next(words.Count);
                (words[at], words[other]) = (words[other], words[at]);
                return $"\"{words[at]}\" and \"{words[other]}\" changed places";
            case 3 when at < words.Count && !words[at].StartsWith('/'):
                words[at] = TextChanges.Apply(words[at], random);
                return $"\"{words[at]}\" changed";
            case 4:
                words.Insert(at, new string((char)random.Next('a', 'z'), random.Next(1, 5000)));
                return $"a word of {words[at].Length} characters added";
            default:
                words.Insert(at, s_words[random.Next(s_words.Length)]);
                return $"\"{words[at]}\" added";
        }
    }

    private void Check(List<string> words, CapturedStreams streams)
    {
        // An earlier line may have ended it.
        _daemon.Forget();
        _daemon.Add(new CreateRequest { Container = new ContainerRef { Id = "c1" }, Bundle = _folder.File("bundle"), StandIn = new ProcessRef() }).Start();
        var log = _folder.File("log");
        File.Delete(log);
        string[] line = ["--address", _daemon.Address, "--debug", .. words.Contains("--log") ? Array.Empty<string>() : ["--log", log], .. words];
        var shown = string.Join(' ', words);

        var code = Campaign.Bounded(() => CommandLine.Run(line));

        var errors = streams.TakeErrors();
        Assert.InRange(code, 0, 255);
        Assert.True(!File.Exists(log) || !File.ReadLines(log).Any(IsBug), $"{shown}: {(File.Exists(log) ? File.ReadAllText(log) : "")}");
        if (code == 0)
        {
            return;
        }

        var message = errors.Split('\n')[0];
        Assert.StartsWith("kata-actors: ", message, StringComparison.Ordinal);
        Assert.True(message.Length < LongestMessage && message == PrintableText.Of(message, LongestMessage), message);
        if (!s_others.Concat(line).Any(word => Names(message, word)))
        {
            Assert.Fail($"{shown}: {message}");
        }
    }

    // An exception that is no refusal.
    private static bool IsBug(string entry) => entry.Contains("msg=\"System.", StringComparison.Ordinal) || entry.Contains("\"msg\":\"System.", StringComparison.Ordinal);

    // By its first letters and digits; a word without any is quoted at least.
    private static bool Names(string message, string word)
    {
        var plain = string.Concat(word.SkipWhile(c => !char.IsAsciiLetterOrDigit(c)).TakeWhile(char.IsAsciiLetterOrDigit).Take(12));
        return plain.Length > 0 ? message.Contains(plain, StringComparison.Ordinal) : message.AsSpan().ContainsAny('"', '\'');
    }
}

using KataActors.TestSupport;

namespace KataActors.Manual.Tests;

/// <summary>The completions in the shells themselves.</summary>
public sealed class CompletionSpecs : IDisposable
{
    private static readonly CommandEntry s_root = CommandEntry.Root();
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Words of a command line, the last one unfinished, and what may follow there.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "st", "start state" },
        { "--r", "--root" },
        { "--debug --root /x sand", "sandbox" },
        { "--log-format ", "json text" },
        { "sandbox ", "inspect list" },
        { "sandbox list --q", "--quiet" },
        { "sandbox list --format ", "json table" },
        { "list -f ", "json table" },
        { "factory de", "destroy" },
        { "kill c1 U", "URG USR1 USR2" },
        { "create --bun", "--bundle" },
        { "create --bundle /et", "/etc" },
        { "run --bundle /b --de", "--detach" },
        { "check --v", "--verbose" },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Should_complete_in_bash(string line, string expected)
    {
        _directory.Write("script", BashCompletion.Write(s_root));
        _directory.Write(
            "try",
            """
            . "$1"
            COMP_WORDS=(kata-actors)
            while IFS= read -r -d ' ' word; do COMP_WORDS+=("$word"); done <<< "$2 "
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _kata_actors
            printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
            """);

        Assert.Equal(expected, (await ChildScript.RunAsync($"LC_ALL=C bash {_directory.File("try")} {_directory.File("script")} '{line}'")).TrimEnd());
    }

    [Theory]
    [InlineData("--log-format = j", "json")]
    [InlineData("sandbox list --format = ta", "table")]
    [InlineData("--root = /x sta", "start state")]
    [InlineData("exec c1 --he", "")]
    [InlineData("exec -d c1 st", "")]
    public Task Should_complete_as_bash_splits_the_words(string line, string expected) => Should_complete_in_bash(line, expected);

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Should_complete_in_fish(string line, string expected)
    {
        _directory.Write("script", FishCompletion.Write(s_root));
        var output = await ChildScript.RunAsync($"HOME={_directory.Path} XDG_CONFIG_HOME={_directory.Path} fish --no-config -c 'source {_directory.File("script")}; complete -C \"kata-actors {line}\"' | cut -f1 | LC_ALL=C sort");
        Assert.Equal(expected, string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Replace("/etc/", "/etc", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_be_valid_in_each_shell()
    {
        _directory.Write("bash", BashCompletion.Write(s_root));
        _directory.Write("zsh", ZshCompletion.Write(s_root));
        _directory.Write("fish", FishCompletion.Write(s_root));
        Assert.Equal("", await ChildScript.RunAsync($"cd {_directory.Path} && bash -n bash && zsh -n zsh && fish --no-config -n fish"));
    }

    [Fact]
    public async Task Should_define_the_functions_of_every_command_in_zsh()
    {
        _directory.Write("zsh", ZshCompletion.Write(s_root));
        var names = s_root.All().Select(command => string.Join('-', command.Words.Prepend("_kata-actors"))).ToList();
        var output = await ChildScript.RunAsync(
            $"zsh -f -c '_arguments() {{ print -rl -- $@ }}; _describe() {{ }}; source {_directory.File("zsh")}; for name in {string.Join(' ', names)}; do whence -w $name; done'");
        Assert.All(names, name => Assert.Contains($"{name}: function\n", output, StringComparison.Ordinal));
        Assert.Contains("--root=[id space\\: containers of another root are not visible]:path:_files\n", output, StringComparison.Ordinal);
    }
}

namespace KataActors.Callers.Tests;

/// <summary>The options of <c>podman run</c>.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanRunSpecs(Podman podman)
{
    [Fact]
    public async Task Should_give_variable_folder_memory_file_systems_and_capabilities()
    {
        var result = (await podman.RunScriptAsync(
            "echo $A; pwd; grep CapEff /proc/self/status; touch /scratch/x && df -k /scratch",
            "--env", "A=b", "--workdir", "/tmp", "--cap-drop", "all", "--cap-add", "CHOWN", "--tmpfs", "/scratch:size=1m,notmpcopyup")).MustExit(0);

        Assert.StartsWith("b\n/tmp\nCapEff:\t0000000000000001\n", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"\s1024\s.*/scratch\n", result.Output);
    }

    [Fact]
    public async Task Should_have_an_init_process_when_one_is_asked_for()
    {
        var result = (await podman.RunScriptAsync("head -1 /proc/1/status; exit 5", "--init", "--init-path", "/usr/bin/tini-static")).MustExit(5);

        Assert.Equal("Name:\tpodman-init\n", result.Output);
    }
}

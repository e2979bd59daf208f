using System.Text.Json.Nodes;

namespace KataActors.Callers.Tests;

/// <summary>What <c>spec</c> writes beside what runc's writes on the same host.</summary>
public sealed class SpecSpecs : IDisposable
{
    /// <summary>Each is said in <c>docs/limitations.md</c>: field, runc's value, ours.</summary>
    private static readonly (string Field, string Runc, string Ours)[] s_differences =
    [
        ("hostname", "\"runc\"", "\"kata-actors\""),
        ("ociVersion", "\"1.0.2-dev\"", "\"1.0.2\""),
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("ka-spec-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Should_write_runcs_defaults_but_where_the_documentation_says_otherwise()
    {
        var (runc, ours) = (Flatten(await WriteAsync("runc")), Flatten(await WriteAsync(Installation.CommandLine)));

        var differences = runc.Keys.Union(ours.Keys).Order(StringComparer.Ordinal)
            .Select(field => (field, runc.GetValueOrDefault(field, "absent"), ours.GetValueOrDefault(field, "absent")))
            .Where(difference => difference.Item2 != difference.Item3);

        Assert.Equal(s_differences, differences);
    }

    [Fact]
    public void Should_find_each_difference_in_the_documentation()
    {
        var row = Assert.Single(File.ReadLines(Path.Combine(Installation.Checkout, "docs", "limitations.md")), line => line.StartsWith("- **`spec` writes", StringComparison.Ordinal));

        Assert.All(s_differences, difference => Assert.Contains($"`{difference.Field}`", row, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_refuse_a_spec_for_rootless_use()
    {
        using var program = RunningProgram.Start(new Dictionary<string, string>(), Installation.CommandLine, "spec", "--rootless", "--bundle", _directory);
        var result = (await program.FinishAsync()).MustExit(1);

        Assert.Equal("kata-actors: spec --rootless: rootless use is not supported\n", result.Errors);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    private async Task<JsonNode> WriteAsync(string program)
    {
        var bundle = Directory.CreateDirectory(Path.Combine(_directory, Path.GetFileName(program))).FullName;
        using var running = RunningProgram.Start(new Dictionary<string, string>(), program, "spec", "--bundle", bundle);
        (await running.FinishAsync()).MustExit(0);
        return JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(bundle, "config.json")))!;
    }

    // Each value by its path; an empty list or object is a value too.
    private static Dictionary<string, string> Flatten(JsonNode root)
    {
        var values = new Dictionary<string, string>();
        Add("", root);
        return values;

        void Add(string path, JsonNode? node)
        {
            var children = node switch
            {
                JsonObject { Count: > 0 } map => map.Select(entry => (path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", entry.Value)),
                JsonArray { Count: > 0 } list => list.Select((item, index) => ($"{path}[{index}]", item)),
                _ => null,
            };
            if (children is null)
            {
                values[path] = node?.ToJsonString() ?? "null";
                return;
            }

            foreach (var (field, child) in children)
            {
                Add(field, child);
            }
        }
    }
}

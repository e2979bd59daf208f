using Xunit;

namespace KataActors.Architecture.Tests;

/// <summary>Akka.NET's default strategy restarts a child without limit, so each parent states its own.</summary>
public class SupervisionRulesSpecs
{
    [Fact]
    public void Should_state_a_strategy_when_an_actor_has_children()
    {
        var silent = Sources()
            .Where(source => source.Text.Contains("Context.ActorOf(", StringComparison.Ordinal))
            .Select(source => source.Class)
            .Distinct()
            .Except(Sources().Where(source => source.Text.Contains("SupervisorStrategy SupervisorStrategy()", StringComparison.Ordinal)).Select(source => source.Class));

        Assert.Empty(silent);
    }

    [Fact]
    public void Should_name_the_strategy_of_the_top_in_the_reference()
    {
        var reference = File.ReadAllText(Path.Combine(Checkout.Root, "hocon", "kata-actors.conf"));

        Assert.Contains("actor.guardian-supervisor-strategy = \"KataActors.Runtime.Hosting.TopLevelSupervision, kata-actorsd\"", reference, StringComparison.Ordinal);
    }

    // A class that is spread over files has its name before the first dot of each.
    private static IEnumerable<(string Class, string Text)> Sources() =>
        Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Select(file => (Path.GetFileName(file).Split('.')[0], File.ReadAllText(file)));
}

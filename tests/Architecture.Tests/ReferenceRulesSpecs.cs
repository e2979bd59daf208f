using Xunit;

namespace KataActors.Architecture.Tests;

public class ReferenceRulesSpecs
{
    [Fact]
    public void Should_find_no_forbidden_reference_when_reading_the_projects()
    {
        var projects = Checkout.Projects("src").ToList();

        Assert.Contains("src/ActorSystem/KataActors.Runtime.csproj", projects);
        Assert.Empty(projects.SelectMany(
            project => ReferenceRules.Violations(project, File.ReadAllText(Path.Combine(Checkout.Root, project)))));
    }

    [Theory]
    [InlineData("Hypervisor", "../Cgroups/KataActors.Cgroups.csproj", "src/Cgroups/KataActors.Cgroups.csproj")]
    [InlineData("Model", "../ActorSystem/KataActors.Runtime.csproj", "src/ActorSystem/KataActors.Runtime.csproj")]
    [InlineData("Linux", "../Protocol/KataActors.Protocol.csproj", "src/Protocol/KataActors.Protocol.csproj")]
    [InlineData("Cli", @"..\ActorSystem\KataActors.Runtime.csproj", "src/ActorSystem/KataActors.Runtime.csproj")]
    [InlineData("ActorSystem", "../Agent/KataActors.Agent.csproj", "src/Agent/KataActors.Agent.csproj")]
    [InlineData("Protocol", "../../tests/TestSupport/KataActors.TestSupport.csproj", "tests/TestSupport/KataActors.TestSupport.csproj")]
    public void Should_name_the_reference_when_it_runs_the_wrong_way(string folder, string reference, string target)
    {
        var violations = ReferenceRules.Violations($"src/{folder}/Made.Up.csproj", Project(reference));

        Assert.Equal([$"src/{folder}/Made.Up.csproj must not reference {target}"], violations);
    }

    [Fact]
    public void Should_accept_a_reference_when_the_rules_allow_it()
    {
        Assert.Empty(ReferenceRules.Violations("src/Agent/Made.Up.csproj", Project("../Oci/KataActors.Oci.csproj")));
    }

    [Fact]
    public void Should_complain_when_no_rule_covers_a_project()
    {
        Assert.Equal(
            ["src/Helpers/Made.Up.csproj: no rule says what \"Helpers\" may reference"],
            ReferenceRules.Violations("src/Helpers/Made.Up.csproj", Project("../Oci/KataActors.Oci.csproj")));
    }

    [Theory]
    [InlineData("Model")]
    [InlineData("Oci")]
    [InlineData("Linux")]
    public void Should_find_no_actor_package_when_reading_the_model_and_what_it_may_use(string folder) =>
        Assert.Empty(ReferenceRules.ActorPackages(File.ReadAllText(Path.Combine(Checkout.Root, "src", folder, $"KataActors.{folder}.csproj"))));

    [Fact]
    public void Should_find_the_actor_packages_when_a_project_has_some()
    {
        const string xml = """<Project><ItemGroup><PackageReference Include="Akka" /><PackageReference Include="Serilog" /><PackageReference Include="Akka.Hosting" /></ItemGroup></Project>""";

        Assert.Equal(["Akka", "Akka.Hosting"], ReferenceRules.ActorPackages(xml));
    }

    private static string Project(string reference) =>
        $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="{reference}" /></ItemGroup></Project>""";
}

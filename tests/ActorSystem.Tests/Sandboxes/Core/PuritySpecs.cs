using System.Text.RegularExpressions;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A core only decides, on values of the model: it tells no actor, touches no file, reads no clock, draws no random number and starts no work.</summary>
public sealed partial class PuritySpecs
{
    [Theory]
    [InlineData("ActorSystem/Sandboxes/Core")]
    [InlineData("ActorSystem/Factory/Core")]
    [InlineData("ActorSystem/Teardown/Core")]
    [InlineData("Model")]
    public void Should_name_no_actor_no_file_no_clock_and_no_task(string area)
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "src", area), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(files);

        Assert.Empty(files.SelectMany(file => Impure().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileName(file)}: {match.Value}")));
    }

    [Theory]
    [InlineData("using Akka.Actor;")]
    [InlineData("DateTimeOffset.UtcNow")]
    [InlineData("TimeProvider clock")]
    [InlineData("File.Exists(path)")]
    [InlineData("Guid.NewGuid()")]
    [InlineData("async Task")]
    [InlineData("stamp.StillHolds()")]
    [InlineData("TemplateCheck.Read(files, config)")]
    public void Should_find_what_is_impure(string text) => Assert.Matches(Impure(), text);

    [GeneratedRegex(@"\bAkka\b|\bIActorRef\b|\bDateTime(Offset)?\.(Utc)?Now\b|\bTimeProvider\b|\bStopwatch\b|\b(File|Directory|FileStream|Process|Socket|Thread|Task|Environment|Random)\.|\b(NewGuid|NewVm|StillHolds)\b|\bTemplate(Check|Files|Facts)\b|\b(FactoryDirectory|FolderTree|VmmFinder)\b|\basync\b|\bTask<")]
    private static partial Regex Impure();
}

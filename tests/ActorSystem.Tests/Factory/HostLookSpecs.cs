using KataActors.Runtime.Factory;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

public sealed class HostLookSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Guid _vm = Guid.NewGuid();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_find_run_directories_and_half_made_templates_by_their_names()
    {
        var (ready, making) = (Guid.NewGuid(), Guid.NewGuid());
        Directory.CreateDirectory(Path.Combine(_directory.Path, "factory", ready.ToString("N")));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "factory", "other"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "template", $"making-{making}"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "template", "current"));

        var look = Take();

        Assert.Equal(ready, Assert.Single(look.RunDirectories));
        Assert.Equal(making, Assert.Single(look.HalfMadeTemplates));
        Assert.Null(look.Problem);
    }

    [Fact]
    public void Should_find_nothing_where_there_are_no_folders() => Assert.Equal((0, 0, null), (Take().RunDirectories.Length, Take().HalfMadeTemplates.Length, Take().Problem));

    [Fact]
    public void Should_tell_which_folder_cannot_be_listed_and_what_is_in_the_other()
    {
        File.WriteAllText(_directory.File("template"), "");
        Directory.CreateDirectory(Path.Combine(_directory.Path, "factory", _vm.ToString("N")));

        var look = Take();

        Assert.Equal(_vm, Assert.Single(look.RunDirectories));
        Assert.Contains("template", look.Problem, StringComparison.Ordinal);
    }

    private HostLook Take() => HostLook.Take(new FactoryDirectory(_directory.File("factory"), "/q"), new TemplateFiles(_directory.File("template")));
}

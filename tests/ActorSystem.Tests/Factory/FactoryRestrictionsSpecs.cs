using KataActors.Runtime.Factory;
using KataActors.Runtime.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

public sealed class FactoryRestrictionsSpecs : IDisposable
{
    private readonly string _inMemory = Path.Combine("/dev/shm", $"ka-restrictions-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_inMemory))
        {
            Directory.Delete(_inMemory);
        }
    }

    [Fact]
    public void Should_take_a_folder_in_memory_that_is_made_later_or_is_for_its_owner_alone()
    {
        FactoryRestrictions.Check(Settings(template: true), Path.Combine(_inMemory, "below"));
        Directory.CreateDirectory(_inMemory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FactoryRestrictions.Check(Settings(template: true), _inMemory);
    }

    [Fact]
    public void Should_refuse_a_folder_that_others_can_write()
    {
        Directory.CreateDirectory(_inMemory);
        File.SetUnixFileMode(_inMemory, UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);

        var failure = Assert.Throws<StartupException>(() => FactoryRestrictions.Check(Settings(template: true), _inMemory));

        Assert.Equal($"kata-actors.factory.template-path: \"{_inMemory}\" is writable by other users: take a folder of its own", failure.Message);
    }

    [Fact]
    public void Should_refuse_a_folder_that_is_not_in_memory_unless_there_is_no_template()
    {
        const string folder = "/proc/not-there";
        FactoryRestrictions.Check(Settings(template: false), folder);

        var failure = Assert.Throws<StartupException>(() => FactoryRestrictions.Check(Settings(template: true), folder));

        Assert.StartsWith($"kata-actors.factory.template-path: \"{folder}\" is on a file system of type proc; ", failure.Message, StringComparison.Ordinal);
    }

    private static FactorySettings Settings(bool template) => new(template, TemplatePath: "", PoolMinimum: 0, PoolMaximum: 0, ConcurrentBoots: 1);
}

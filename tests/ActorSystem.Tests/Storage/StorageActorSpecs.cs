using Akka.Actor;
using Akka.Hosting;
using KataActors.Cgroups;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Storage;

/// <summary>The run directory, and the note in it.</summary>
public sealed class StorageActorSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly SandboxNote s_note = new(Guid.NewGuid(), new CgroupPlacement("pods/x", "overhead", SandboxOnly: true));

    private readonly TemporaryDirectory _directory = new();

    private string RunDirectory => Path.Combine(_directory.Path, "sandboxes", "s");

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_note_what_a_removal_without_the_journal_needs_before_there_is_a_vm()
    {
        await AskAsync<StorageProtocol.Prepared>(new StorageProtocol.Prepare(s_note));

        Assert.Equal(s_note, SandboxNote.TryRead(RunDirectory));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(RunDirectory));
    }

    [Fact]
    public async Task Should_take_a_vms_files_over_together_with_the_note_that_names_it()
    {
        var from = Directory.CreateDirectory(Path.Combine(_directory.Path, "factory", "x")).FullName;
        await File.WriteAllTextAsync(Path.Combine(from, "qmp.sock"), "");
        await AskAsync<StorageProtocol.Prepared>(new StorageProtocol.Prepare(s_note with { VmUuid = Guid.NewGuid() }));

        await AskAsync<StorageProtocol.TakenOver>(new StorageProtocol.TakeOver(from, s_note));

        Assert.Equal(s_note, SandboxNote.TryRead(RunDirectory));
        Assert.Equal(["qmp.sock", "sandbox.json"], Directory.GetFileSystemEntries(RunDirectory).Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(from));
    }

    [Fact]
    public async Task Should_fail_when_the_vms_directory_is_gone()
    {
        await AskAsync<StorageProtocol.Prepared>(new StorageProtocol.Prepare(s_note));

        await AskAsync<StorageProtocol.StorageFailed>(new StorageProtocol.TakeOver(Path.Combine(_directory.Path, "gone"), s_note));

        Assert.Equal(s_note, SandboxNote.TryRead(RunDirectory));
    }

    [Fact]
    public async Task Should_not_call_a_run_directory_released_that_cannot_be_looked_at()
    {
        var above = Path.GetDirectoryName(RunDirectory)!;
        await AskAsync<StorageProtocol.Prepared>(new StorageProtocol.Prepare(s_note));
        Directory.Move(above, above + "~");
        File.CreateSymbolicLink(above, above);

        await AskAsync<StorageProtocol.StorageFailed>(new StorageProtocol.Release());

        File.Delete(above);
        Directory.Move(above + "~", above);
        await AskAsync<StorageProtocol.Released>(new StorageProtocol.Release());
        Assert.False(Directory.Exists(RunDirectory));
    }

    [Fact]
    public async Task Should_release_all_of_it_and_again()
    {
        await AskAsync<StorageProtocol.Prepared>(new StorageProtocol.Prepare(s_note));

        await AskAsync<StorageProtocol.Released>(new StorageProtocol.Release());
        await AskAsync<StorageProtocol.Released>(new StorageProtocol.Release());

        Assert.Null(SandboxNote.TryRead(RunDirectory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"vmUuid":"x","cgroups":{"parent":"kata","overhead":"","sandboxOnly":false}}""")]
    [InlineData("""{"vmUuid":"6e1f5b4e-4f0c-4d8e-9a58-1c2d3e4f5a6b","cgroups":null}""")]
    public void Should_refuse_a_damaged_note(string text)
    {
        File.WriteAllText(Path.Combine(_directory.Path, "sandbox.json"), text);

        Assert.ThrowsAny<System.Text.Json.JsonException>(() => SandboxNote.TryRead(_directory.Path));
    }

    private async Task AskAsync<TReply>(object command) =>
        Assert.IsType<TReply>(await Sys.ActorOf(StorageActor.Props(RunDirectory)).Ask<object>(command, Deadline.Span));
}

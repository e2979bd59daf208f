using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The facts about a sandbox in its run directory.</summary>
public sealed class RecordCopySpecs : IDisposable
{
    private static readonly SandboxRecord s_record = SandboxRecordSpecs.After(
        SandboxRecordSpecs.Begun(),
        new ContainerCreateBegun { Id = "s", Spec = ByteString.CopyFrom(Specs.Make().Bytes), Bundle = "/b", StandIn = new ProcessRecord { Pid = 8, StartTime = 80 } },
        new ContainerCreated { Id = "s" },
        new ContainerStarted { Id = "s" });

    private readonly TemporaryDirectory _directory = new();

    private string Copy => _directory.File("s/record");

    public RecordCopySpecs() => Directory.CreateDirectory(_directory.File("s"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_give_back_the_last_that_was_written()
    {
        RecordCopy.Write(_directory.File("s"), s_record, 0);
        RecordCopy.Write(_directory.File("s"), s_record.Apply(new ContainerExited { Id = "s", ExitCode = 3 }), 0);

        var copy = RecordCopy.TryRead(_directory.File("s"))!.Record;

        Assert.Equal((s_record.Uuid, s_record.Key), (copy.Uuid, copy.Key));
        Assert.Equal((ContainerStatus.Stopped, 3), (copy.Containers["s"].Status, copy.Containers["s"].Exit!.Code));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Copy));
        Assert.Equal([Copy], Directory.GetFiles(_directory.File("s")));
    }

    [Fact]
    public void Should_have_the_events_of_later_steps_and_the_number_of_the_last()
    {
        RecordCopy.Write(_directory.File("s"), s_record, 7);
        RecordCopy.Append(_directory.File("s"), RecordCopy.StepOf([new ContainerPauseBegun { Id = "s" }, new ContainerPaused { Id = "s" }], 9));

        var copy = RecordCopy.TryRead(_directory.File("s"))!;

        Assert.Equal((9, ContainerStatus.Paused), (copy.Sequence, copy.Record.Containers["s"].Status));
    }

    [Fact]
    public void Should_take_one_of_an_older_daemon_as_never_ahead()
    {
        using (var file = File.Create(Copy))
        {
            foreach (var e in Restatement.Of(s_record))
            {
                Google.Protobuf.WellKnownTypes.Any.Pack(e).WriteDelimitedTo(file);
            }
        }

        var copy = RecordCopy.TryRead(_directory.File("s"))!;

        Assert.Equal((0, s_record.Uuid), (copy.Sequence, copy.Record.Uuid));
    }

    [Fact]
    public void Should_pass_over_a_last_step_that_is_incomplete()
    {
        RecordCopy.Write(_directory.File("s"), s_record, 7);
        var whole = new FileInfo(Copy).Length;
        RecordCopy.Append(_directory.File("s"), RecordCopy.StepOf([new ContainerPauseBegun { Id = "s" }, new ContainerPaused { Id = "s" }], 9));
        for (var length = new FileInfo(Copy).Length - 1; length >= whole; length--)
        {
            using (var file = File.OpenWrite(Copy))
            {
                file.SetLength(length);
            }

            var copy = RecordCopy.TryRead(_directory.File("s"))!;
            Assert.Equal((7, ContainerStatus.Running), (copy.Sequence, copy.Record.Containers["s"].Status));
        }
    }

    [Fact]
    public void Should_take_steps_until_they_are_as_long_as_the_record_may_be()
    {
        var log = Akka.Event.NoLogger.Instance;
        var copy = new SandboxCopy(new SandboxRegistration(s_record.Key, s_record.HostName, s_record.Uuid), _directory.File("s"), log);
        Assert.False(copy.TryAppend([new ContainerPauseBegun { Id = "s" }], 1));
        copy.TryWrite(s_record, s_record, 1);
        var steps = 1;
        while (copy.TryAppend([new ContainerPauseBegun { Id = "s" }], steps + 1))
        {
            steps++;
        }

        Assert.InRange(new FileInfo(Copy).Length, 64 * 1024, 68 * 1024);
        Assert.False(copy.TryAppend([new ContainerPauseBegun { Id = "s" }], steps + 2));
        copy.TryWrite(s_record, s_record, steps + 2);
        Assert.True(copy.TryAppend([new ContainerPauseBegun { Id = "s" }], steps + 3));
        copy.Outdate();
        Assert.False(copy.TryAppend([new ContainerPauseBegun { Id = "s" }], steps + 4));
    }

    [Fact]
    public void Should_say_that_there_is_no_directory() =>
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => RecordCopy.Write(_directory.File("none"), s_record, 0)).Errno);

    [Fact]
    public void Should_be_nothing_when_there_is_none() => Assert.Null(RecordCopy.TryRead(_directory.File("s")));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("\u0003\n\u0001x")]
    [InlineData("\u007f")]
    public void Should_refuse_a_damaged_one(string content)
    {
        File.WriteAllText(Copy, content);

        Assert.Throws<InvalidDataException>(() => RecordCopy.TryRead(_directory.File("s")));
    }

    [Fact]
    public void Should_refuse_one_that_others_may_write_to_and_a_link()
    {
        RecordCopy.Write(_directory.File("s"), s_record, 0);
        File.SetUnixFileMode(Copy, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => RecordCopy.TryRead(_directory.File("s"))).Errno);

        File.SetUnixFileMode(Copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(Copy, _directory.File("elsewhere"));
        File.CreateSymbolicLink(Copy, _directory.File("elsewhere"));
        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => RecordCopy.TryRead(_directory.File("s"))).Errno);
    }

    [Fact]
    public void Should_find_the_sandboxes_by_their_copies_and_by_their_notes()
    {
        var noted = new NotedSandbox("/r", "t", Guid.NewGuid());
        RecordCopy.Write(_directory.File("s"), s_record, 0);
        new SandboxNote(Guid.NewGuid(), CgroupPlacement.Default) { Sandbox = noted }.Write(Directory.CreateDirectory(_directory.File("t")).FullName);

        var found = RunDirectories.Find(_directory.Path);

        Assert.Empty(found.Problems);
        Assert.Equal(
            [new SandboxRegistration(s_record.Key, "s", s_record.Uuid), new SandboxRegistration(new ContainerKey("/r", "t"), "t", noted.Uuid)],
            found.Sandboxes.OrderBy(sandbox => sandbox.HostName));
    }

    [Fact]
    public void Should_name_the_directories_that_do_not_say_whose_they_are()
    {
        new SandboxNote(Guid.NewGuid(), CgroupPlacement.Default).Write(_directory.File("s"));
        RecordCopy.Write(Directory.CreateDirectory(_directory.File("moved")).FullName, s_record, 0);
        Directory.CreateDirectory(_directory.File("empty"));
        new SandboxNote(Guid.NewGuid(), CgroupPlacement.Default) { Sandbox = new NotedSandbox("/r", "../x", Guid.NewGuid()) }
            .Write(Directory.CreateDirectory(_directory.File("odd")).FullName);
        Directory.CreateDirectory(_directory.File("linked"));
        File.CreateSymbolicLink(_directory.File("linked/record"), _directory.File("linked/record"));

        var found = RunDirectories.Find(_directory.Path);

        Assert.Empty(found.Sandboxes);
        Assert.Equal(5, found.Problems.Length);
        Assert.All(found.Problems, found => Assert.StartsWith($"run directory \"{_directory.Path}/{found.HostName}\": ", found.Problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Should_find_nothing_where_nothing_is() => Assert.Empty(RunDirectories.Find(_directory.File("none")).Sandboxes);
}

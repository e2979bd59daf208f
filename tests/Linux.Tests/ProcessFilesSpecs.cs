using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class ProcessFilesSpecs
{
    private const int Gone = int.MaxValue;

    [Fact]
    public async Task Should_say_what_a_process_is()
    {
        var (read, write) = Descriptors.Pipe();
        using var input = read;
        using var open = write;
        using var child = ChildScript.Start("echo ready; read line <&3", input);
        await child.ReadLineAsync();

        Assert.Contains(child.Pid, ProcessFiles.List());
        Assert.Equal([child.Pid], ProcessFiles.Threads(child.Pid));
        Assert.Equal(["sh", "-c", "echo ready; read line <&3"], ProcessFiles.CommandLine(child.Pid));
        Assert.Equal(File.ReadAllText("/proc/self/status").Contains("Uid:\t0\t0\t"), ProcessFiles.IsOfUser(child.Pid, 0));
        Assert.False(ProcessFiles.IsOfUser(child.Pid, 65534));
    }

    [Fact]
    public void Should_name_the_program_that_a_process_was_started_with_when_it_was_replaced_since()
    {
        using var directory = new TemporaryDirectory();
        var program = directory.File("program");
        File.Copy("/bin/cat", program);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var (read, write) = Descriptors.Pipe();
        using var input = read;
        using var open = write;
        using var child = ChildScript.Start($"exec {program} <&3", input);
        Assert.True(SpinWait.SpinUntil(() => ProcessFiles.TryReadExecutable(child.Pid) == program, Deadline.Span));

        File.Copy("/bin/cat", directory.File("new"));
        File.Move(directory.File("new"), program, overwrite: true);

        Assert.EndsWith(" (deleted)", new FileInfo($"/proc/{child.Pid}/exe").LinkTarget);
        Assert.Equal(program, ProcessFiles.TryReadExecutable(child.Pid));
    }

    [Fact]
    public void Should_know_nothing_of_a_process_that_is_gone()
    {
        Assert.Null(ProcessFiles.TryRead(Gone, "stat"));
        Assert.Null(ProcessFiles.TryReadExecutable(Gone));
        Assert.Empty(ProcessFiles.CommandLine(Gone));
        Assert.Empty(ProcessFiles.Threads(Gone));
        Assert.False(ProcessFiles.IsOfUser(Gone, 0));
    }

    [Fact]
    public void Should_throw_what_is_no_answer()
    {
        using var directory = new TemporaryDirectory();
        var loop = directory.File("loop");
        File.CreateSymbolicLink(loop, loop);

        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => KernelFiles.Exists($"{loop}/file")).Errno);
        Assert.False(KernelFiles.Exists(directory.File("missing")));
        Assert.False(KernelFiles.Exists("/proc/self/stat/file"));
        Assert.True(KernelFiles.Exists(directory.Path));
    }
}

using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

[Collection(ProcessWide.Name)]
public sealed partial class ProcessSpawnerSpecs
{
    private const int SigIgnore = 1;

    [Fact]
    public async Task Should_give_the_child_default_dispositions_when_the_parent_ignores_signals()
    {
        Assert.True((SignalBits(File.ReadAllText("/proc/self/status"), "SigIgn") & Bit(Signals.SIGPIPE)) != 0, ".NET should ignore SIGPIPE");
        LibC.signal(Signals.SIGUSR2, SigIgnore);
        try
        {
            var status = await ChildScript.RunAsync("exec cat /proc/self/status");

            Assert.Equal(0UL, SignalBits(status, "SigIgn"));
            Assert.Equal(0UL, SignalBits(status, "SigCgt"));
        }
        finally
        {
            Signals.ResetToDefault(Signals.SIGUSR2);
        }
    }

    [Fact]
    public void Should_give_the_child_an_empty_mask_when_the_calling_thread_blocks_signals()
    {
        var status = NamespaceThread.Run(() =>
        {
            Block(Bit(Signals.SIGTERM) | Bit(Signals.SIGUSR1));
            Assert.NotEqual(0UL, SignalBits(File.ReadAllText("/proc/thread-self/status"), "SigBlk"));
            return ChildScript.RunAsync("exec cat /proc/self/status").GetAwaiter().GetResult();
        });

        Assert.Equal(0UL, SignalBits(status, "SigBlk"));
    }

    [Fact]
    public async Task Should_let_a_writer_end_when_its_reader_is_gone() =>
        Assert.Equal("y\n", await ChildScript.RunAsync("yes | head -n 1"));

    [Fact]
    public async Task Should_give_the_child_nothing_but_what_is_listed()
    {
        using var directory = new TemporaryDirectory();
        using var open = Descriptors.Open(directory.Write("secret", ""), OpenFlags.ReadOnly);
        // As in each program's first step: the tests' starter may have left descriptors open.
        DescriptorHygiene.MarkInheritedCloseOnExec();

        var listed = await ChildScript.RunAsync("exec ls -l /proc/self/fd");

        Assert.DoesNotContain("secret", listed);
        // Descriptor 3 is the directory that ls reads.
        Assert.Equal(["0", "1", "2", "3"], listed.Split('\n').Where(line => line.Contains("->")).Select(line => line.Split(' ')[^3]));
    }

    [Fact]
    public async Task Should_map_descriptors_when_sources_and_targets_overlap()
    {
        using var directory = new TemporaryDirectory();
        var files = Enumerable.Range(0, 60).Select(i => Descriptors.Open(directory.Write($"file{i}", ""), OpenFlags.ReadOnly)).ToArray();

        var listed = await ChildScript.RunAsync("ls -l /proc/$$/fd", files.Reverse().ToArray<SafeHandle>());

        for (var i = 0; i < files.Length; i++)
        {
            Assert.Contains($" {3 + i} -> {directory.File($"file{files.Length - 1 - i}")}\n", listed);
            files[i].Dispose();
        }
    }

    [Fact]
    public async Task Should_fill_what_is_not_given_with_the_null_device() =>
        Assert.Equal("/dev/null\n/dev/null\n", await ChildScript.RunAsync("readlink /proc/$$/fd/0; readlink /proc/$$/fd/3", [null]));

    [Fact]
    public async Task Should_lead_a_session_when_asked()
    {
        using var child = ChildScript.Start("cut -d ' ' -f 6 /proc/$$/stat", newSession: true);
        using var member = ChildScript.Start("cut -d ' ' -f 6 /proc/$$/stat");

        Assert.Equal($"{child.Pid}\n", await child.ReadToEndAsync());
        Assert.NotEqual($"{member.Pid}\n", await member.ReadToEndAsync());
    }

    [Fact]
    public async Task Should_pass_arguments_environment_and_directory_on_exactly()
    {
        using var directory = new TemporaryDirectory();
        var (read, write) = Descriptors.Pipe();
        using var output = new StreamReader(new FileStream(read, FileAccess.Read));
        Pidfd spawned;
        using (write)
        {
            spawned = ProcessSpawner.Spawn(new SpawnRequest
            {
                Path = "/bin/sh",
                Arguments = ["sh", "-c", "echo \"$0|$1|$A\"; pwd; env | sort", "zero", "ü ' \""],
                Environment = ["A=b c", "PATH=/bin:/usr/bin"],
                Descriptors = [null, write],
                WorkingDirectory = directory.Path,
            });
        }

        Assert.Equal($"zero|ü ' \"|b c\n{directory.Path}\nA=b c\nPATH=/bin:/usr/bin\nPWD={directory.Path}\n", await output.ReadToEndAsync(Deadline.Token));
        using var child = spawned;
        await child.WaitForExitAsync(Deadline.Token);
        Assert.Equal(0, child.TryReap()!.Value.Code);
    }

    [Theory]
    [InlineData("/no/such/program", Errno.ENOENT)]
    [InlineData("/etc/passwd", Errno.EACCES)]
    [InlineData("/etc", Errno.EACCES)]
    public void Should_name_the_path_when_it_cannot_be_run(string path, int errno)
    {
        var failure = Assert.Throws<LinuxException>(() => ProcessSpawner.Spawn(new SpawnRequest { Path = path, Arguments = [path] }));

        Assert.Equal((errno, "posix_spawn", path), (failure.Errno, failure.Call, failure.Subject));
    }

    [Fact]
    public void Should_name_the_working_directory_when_it_is_missing()
    {
        var request = new SpawnRequest { Path = "/bin/true", Arguments = ["true"], WorkingDirectory = "/no/such/directory" };

        Assert.Equal("/no/such/directory", Assert.Throws<LinuxException>(() => ProcessSpawner.Spawn(request)).Subject);
    }

    [Fact]
    public void Should_refuse_a_NUL_in_an_argument() =>
        Assert.Throws<ArgumentException>(() => ProcessSpawner.Spawn(new SpawnRequest { Path = "/bin/true", Arguments = ["a\0b"] }));

    [LibraryImport("libc")]
    private static unsafe partial int pthread_sigmask(int how, ulong* set, ulong* old);

    private static unsafe void Block(ulong signals)
    {
        var set = stackalloc ulong[16];
        set[0] = signals;
        // SAFETY: sigset_t is 128 bytes.
        Assert.Equal(0, pthread_sigmask(0, set, null));
    }

    private static ulong Bit(int signal) => 1UL << (signal - 1);

    private static ulong SignalBits(string status, string field) =>
        Convert.ToUInt64(status.Split('\n').Single(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split(':')[1].Trim(), 16);
}

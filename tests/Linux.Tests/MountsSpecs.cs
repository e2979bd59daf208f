using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

/// <summary>Real mounts, each in a mount namespace of its own that ends with the test's thread.</summary>
public sealed class MountsSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public MountsSpecs()
    {
        Directory.CreateDirectory(Source);
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Source, "file"), "text");
    }

    private string Source => _directory.File("source");

    private string Target => _directory.File("target");

    [Fact]
    public void Should_attach_a_clone_in_another_namespace_and_leave_the_host_table_alone()
    {
        using var tree = Mounts.CloneTree(Source, recursive: false);

        var text = Inside(() =>
        {
            Mounts.Attach(tree, Target);
            return File.ReadAllText(Path.Combine(Target, "file"));
        });

        Assert.Equal("text", text);
        Assert.Empty(Directory.GetFileSystemEntries(Target));
        Assert.DoesNotContain(_directory.Path, File.ReadAllText("/proc/self/mountinfo"));
    }

    [Fact]
    public void Should_clone_a_single_file_by_its_open_descriptor()
    {
        var target = _directory.Write("file", "below");
        using var file = Descriptors.Open(Path.Combine(Source, "file"), OpenFlags.ReadOnly);
        using var tree = Mounts.CloneTree(file, recursive: false, "file");

        Assert.Equal("text", Inside(() =>
        {
            Mounts.Attach(tree, target);
            return File.ReadAllText(target);
        }));
    }

    [Theory]
    [InlineData(true, "inner")]
    [InlineData(false, "")]
    public void Should_take_submounts_along_only_when_recursive(bool recursive, string expected)
    {
        Directory.CreateDirectory(Path.Combine(Source, "sub"));

        var found = Inside(() =>
        {
            Mounts.Mount("tmpfs", Path.Combine(Source, "sub"), "tmpfs", MountOptions.NoSuid | MountOptions.NoDev, "size=64k,mode=700");
            File.WriteAllText(Path.Combine(Source, "sub", "inner"), "");
            using var tree = Mounts.CloneTree(Source, recursive);
            Mounts.Attach(tree, Target);
            return string.Join(",", Directory.GetFiles(Path.Combine(Target, "sub")).Select(Path.GetFileName));
        });

        Assert.Equal(expected, found);
    }

    [Fact]
    public void Should_refuse_writes_through_a_read_only_tree_and_its_submounts_only()
    {
        Directory.CreateDirectory(Path.Combine(Source, "sub"));

        Inside(() =>
        {
            Mounts.Mount("tmpfs", Path.Combine(Source, "sub"), "tmpfs");
            using var tree = Mounts.CloneTree(Source, recursive: true);
            Mounts.SetReadOnly(tree, recursive: true);
            Mounts.Attach(tree, Target);
            Assert.ThrowsAny<IOException>(() => File.WriteAllText(Path.Combine(Target, "new"), ""));
            Assert.ThrowsAny<IOException>(() => File.WriteAllText(Path.Combine(Target, "sub", "new"), ""));
            File.WriteAllText(Path.Combine(Source, "new"), "");
            return 0;
        });
    }

    [Fact]
    public void Should_follow_the_unmount_of_the_original_when_a_slave()
    {
        var sub = Path.Combine(Source, "sub");
        Directory.CreateDirectory(sub);

        Inside(() =>
        {
            Mounts.Mount(Source, Source, null, MountOptions.Bind);
            Mounts.Mount(null, Source, null, MountOptions.Shared);
            using var tree = Mounts.CloneTree(Source, recursive: true);
            Mounts.SetPropagation(tree, MountOptions.Slave, recursive: true);
            Mounts.Attach(tree, Target);

            Mounts.Mount("tmpfs", sub, "tmpfs");
            File.WriteAllText(Path.Combine(sub, "seen"), "");
            Assert.True(File.Exists(Path.Combine(Target, "sub", "seen")));
            Mounts.Unmount(sub, detach: false);
            Assert.False(File.Exists(Path.Combine(Target, "sub", "seen")));

            Mounts.Mount("tmpfs", Path.Combine(Target, "sub"), "tmpfs");
            File.WriteAllText(Path.Combine(Target, "sub", "own"), "");
            Assert.False(File.Exists(Path.Combine(sub, "own")));
            return 0;
        });
    }

    [Fact]
    public void Should_unmount_what_is_in_use_only_when_detaching()
    {
        Inside(() =>
        {
            Mounts.Mount("tmpfs", Target, "tmpfs");
            using var busy = File.Create(Path.Combine(Target, "busy"));
            Assert.Equal(Errno.EBUSY, Assert.Throws<LinuxException>(() => Mounts.Unmount(Target, detach: false)).Errno);
            Mounts.Unmount(Target, detach: true);
            Assert.Empty(Directory.GetFileSystemEntries(Target));
            return 0;
        });
    }

    [Fact]
    public void Should_name_call_and_path_when_something_is_missing()
    {
        using var tree = Mounts.CloneTree(Source, recursive: false);

        Assert.Equal("open_tree \"/no/such\": no such file or directory", Message(() => Mounts.CloneTree("/no/such", true).Dispose()));
        Assert.Equal("move_mount \"/no/such\": no such file or directory", Message(() => Mounts.Attach(tree, "/no/such")));
        Assert.Equal("umount2 \"/no/such\": no such file or directory", Message(() => Mounts.Unmount("/no/such", false)));
        Assert.Equal("mount \"/no/such\": no such file or directory", Message(() => Mounts.Mount("tmpfs", "/no/such", "tmpfs")));
        Assert.Equal($"umount2 \"{Target}\": invalid argument", Message(() => Mounts.Unmount(Target, false)));
    }

    public void Dispose() => _directory.Dispose();

    private static string Message(Action call) => Assert.Throws<LinuxException>(call).Message;

    private static T Inside<T>(Func<T> body) => NamespaceThread.Run(
        () =>
        {
            Mounts.MakeRprivate("/");
            return body();
        },
        NamespaceEntry.Unshare(NamespaceKinds.Mount));
}

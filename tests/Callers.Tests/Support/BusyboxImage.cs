using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace KataActors.Callers.Tests.Support;

/// <summary>The smallest image that has a shell, made from the busybox of the host.</summary>
internal static class BusyboxImage
{
    public const string Name = "callers.test/busybox:latest";

    /// <summary>The same, with a command that waits: what a pod runs while its containers come and go.</summary>
    public const string PauseName = "callers.test/pause:latest";

    private static readonly string[] s_applets = ["sh", "cat", "df", "echo", "grep", "head", "hostname", "id", "ls", "mount", "ps", "sleep", "stat", "stty", "touch", "tty", "uname"];

    /// <summary>The root filesystem as a tar archive.</summary>
    public static byte[] Layer()
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var folder in new[] { "bin/", "etc/", "tmp/" })
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0x1ed });
            }

            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox")
            {
                Mode = (UnixFileMode)0x1ed,
                DataStream = new MemoryStream(File.ReadAllBytes("/bin/busybox")),
            });
            foreach (var applet in s_applets)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" });
            }

            Add(writer, "etc/passwd", Encoding.ASCII.GetBytes("root:x:0:0:root:/:/bin/sh\n"));
        }

        return archive.ToArray();
    }

    /// <summary>Writes an archive with both images, as <c>docker save</c> does.</summary>
    public static void WriteArchive(string path)
    {
        var layer = Layer();
        using var archive = File.Create(path);
        using var writer = new TarWriter(archive, TarEntryFormat.Ustar);
        Add(writer, "layer.tar", layer);
        Add(writer, "shell.json", Config(layer, "\"/bin/sh\""));
        Add(writer, "pause.json", Config(layer, "\"/bin/sleep\",\"1000000\""));
        Add(writer, "manifest.json", Encoding.UTF8.GetBytes(
            $$"""
            [{"Config":"shell.json","RepoTags":["{{Name}}"],"Layers":["layer.tar"]},
             {"Config":"pause.json","RepoTags":["{{PauseName}}"],"Layers":["layer.tar"]}]
            """));
    }

    private static byte[] Config(byte[] layer, string command) => Encoding.UTF8.GetBytes(
        $$"""
        {"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":[{{command}}]},
         "rootfs":{"type":"layers","diff_ids":["sha256:{{Convert.ToHexStringLower(SHA256.HashData(layer))}}"]},"history":[{"created_by":"test"}]}
        """);

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}

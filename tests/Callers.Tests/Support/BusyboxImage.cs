using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace KataActors.Callers.Tests.Support;

/// <summary>The smallest image that has a shell, made from the busybox of the host.</summary>
internal static class BusyboxImage
{
    public const string Name = "callers.test/busybox:latest";

    private static readonly string[] s_applets = ["sh", "cat", "echo", "grep", "head", "hostname", "id", "ls", "mount", "sleep", "touch", "uname"];

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

    /// <summary>Writes an archive as <c>docker save</c> does.</summary>
    public static void WriteArchive(string path)
    {
        var layer = Layer();
        var config = Encoding.UTF8.GetBytes(
            $$"""
            {"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["/bin/sh"]},
             "rootfs":{"type":"layers","diff_ids":["sha256:{{Convert.ToHexStringLower(SHA256.HashData(layer))}}"]},"history":[{"created_by":"test"}]}
            """);
        var manifest = Encoding.UTF8.GetBytes($$"""[{"Config":"config.json","RepoTags":["{{Name}}"],"Layers":["layer.tar"]}]""");
        using var archive = File.Create(path);
        using var writer = new TarWriter(archive, TarEntryFormat.Ustar);
        Add(writer, "config.json", config);
        Add(writer, "layer.tar", layer);
        Add(writer, "manifest.json", manifest);
    }

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The output of <c>features</c>: the specification's features document, with the features that are really implemented.</summary>
public static class FeaturesDocument
{
    /// <summary>The newest version of the specification that this runtime follows.</summary>
    public const string NewestSpecVersion = "1.0.2";

    /// <summary>Mount options that take effect in the guest.</summary>
    private static readonly string[] s_mountOptions =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "lazytime", "noatime", "nodev", "nodiratime", "noexec",
        "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime", "rexec", "rnoatime",
        "rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro",
        "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "strictatime", "suid", "symfollow", "sync", "unbindable",
    ];

    private static readonly string[] s_guestNamespaces = ["cgroup", "ipc", "mount", "network", "pid", "uts"];

    /// <summary>The document, indented, with a line feed at its end.</summary>
    public static byte[] Write(string version)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, IndentSize = 4, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            WriteDocument(writer, version);
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void WriteDocument(Utf8JsonWriter writer, string version)
    {
        writer.WriteStartObject();
        writer.WriteString("ociVersionMin", "1.0.0");
        writer.WriteString("ociVersionMax", NewestSpecVersion);
        WriteList(writer, "hooks", []);
        WriteList(writer, "mountOptions", s_mountOptions);
        writer.WriteStartObject("linux");
        WriteList(writer, "namespaces", s_guestNamespaces);
        WriteList(writer, "capabilities", KnownNames.Capabilities);
        writer.WriteStartObject("cgroup");
        writer.WriteBoolean("v1", true);
        writer.WriteBoolean("v2", true);
        writer.WriteBoolean("systemd", false);
        writer.WriteBoolean("systemdUser", false);
        writer.WriteEndObject();
        WriteDisabled(writer, "seccomp");
        WriteDisabled(writer, "apparmor");
        WriteDisabled(writer, "selinux");
        WriteDisabled(writer, "intelRdt");
        writer.WriteEndObject();
        writer.WriteStartObject("annotations");
        writer.WriteString("org.kata-actors.version", version);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteDisabled(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("enabled", false);
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}

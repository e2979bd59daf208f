using System.Text.Encodings.Web;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The output of <c>features</c>: the specification's features document, with the features that are really implemented.</summary>
public static class FeaturesDocument
{
    /// <summary>The newest version of the specification that this runtime follows.</summary>
    public const string NewestSpecVersion = "1.0.2";

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
        WriteList(writer, "hooks", HooksSpec.Stages);
        WriteList(writer, "mountOptions", MountOption.Known.Where(option => option.Limit == MountOptionLimit.None).Select(option => option.Name).Order(StringComparer.Ordinal));
        writer.WriteStartObject("linux");
        WriteList(writer, "namespaces", KnownNames.Namespaces);
        WriteList(writer, "capabilities", KnownNames.Capabilities);
        writer.WriteStartObject("cgroup");
        writer.WriteBoolean("v1", true);
        writer.WriteBoolean("v2", true);
        writer.WriteBoolean("systemd", false);
        writer.WriteBoolean("systemdUser", false);
        writer.WriteBoolean("rdma", false);
        writer.WriteEndObject();
        writer.WriteStartObject("seccomp");
        writer.WriteBoolean("enabled", true);
        WriteList(writer, "actions", SeccompNames.Actions.Keys);
        WriteList(writer, "operators", SeccompNames.Operators.Keys);
        WriteList(writer, "archs", SeccompNames.Architectures.Keys);
        WriteList(writer, "knownFlags", SeccompNames.Flags.Keys);
        WriteList(writer, "supportedFlags", SeccompNames.Flags.Keys);
        writer.WriteEndObject();
        WriteEnabled(writer, "apparmor", false);
        WriteEnabled(writer, "selinux", false);
        WriteEnabled(writer, "intelRdt", false);
        writer.WriteStartObject("mountExtensions");
        WriteEnabled(writer, "idmap", MountOption.Of("idmap").Limit == MountOptionLimit.None);
        writer.WriteEndObject();
        WriteEnabled(writer, "netDevices", false);
        writer.WriteEndObject();
        writer.WriteStartObject("annotations");
        writer.WriteString("org.kata-actors.version", version);
        writer.WriteEndObject();
        WriteList(writer, "potentiallyUnsafeConfigAnnotations", CriAnnotations.Keys);
        writer.WriteEndObject();
    }

    private static void WriteEnabled(Utf8JsonWriter writer, string name, bool enabled)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("enabled", enabled);
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KataActors.Linux;

namespace KataActors.Runtime.HostCheck;

/// <summary>The findings as text for people, or as JSON.</summary>
internal static class HostReport
{
    private const int SubjectWidth = 14;
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A JSON document, ended by a line feed.</summary>
    public static string Json(JsonNode document) => document.ToJsonString(s_json) + "\n";

    /// <summary>All findings and the verdict.</summary>
    public static string Json(IReadOnlyList<Finding> findings) => Json(new JsonObject
    {
        ["capable"] = IsCapable(findings),
        ["findings"] = new JsonArray([.. findings.Select(finding => (JsonNode)new JsonObject
        {
            ["subject"] = finding.Subject,
            ["level"] = Name(finding.Level),
            ["text"] = finding.Text,
        })]),
    });

    /// <summary>A line for each finding that is not as it should be, or for each; then the verdict, if it is a good one.</summary>
    public static string Text(IReadOnlyList<Finding> findings, bool all)
    {
        var text = new StringBuilder();
        foreach (var finding in findings.Where(finding => all || finding.Level != FindingLevel.Ok))
        {
            text.Append($"{Name(finding.Level),-8} {finding.Subject.PadRight(SubjectWidth)} {PrintableText.Of(finding.Text)}\n");
        }

        return text.Append(IsCapable(findings) ? "containers can run on this host\n" : "").ToString();
    }

    /// <summary>Why no container can run; null when containers can.</summary>
    public static string? Verdict(IReadOnlyList<Finding> findings) => IsCapable(findings)
        ? null
        : $"containers cannot run on this host: {string.Join("; ", findings.Where(finding => finding.Level == FindingLevel.Error).Select(finding => $"{finding.Subject}: {finding.Text}"))}";

    private static bool IsCapable(IReadOnlyList<Finding> findings) => findings.All(finding => finding.Level != FindingLevel.Error);

    private static string Name(FindingLevel level) => level.ToString().ToLowerInvariant();
}

using System.Collections.Immutable;
using KataActors.Hypervisor;

namespace KataActors.Runtime.Factory;

/// <summary>What a look at the template has found.</summary>
/// <param name="Manifest">Its manifest; null when there is none that can be read.</param>
/// <param name="Problem">Why it is of no use; null when it is right.</param>
/// <param name="Stamps">Of all files that were read; as long as they hold, so does this.</param>
internal sealed record TemplateCheck(TemplateManifest? Manifest, string? Problem, ImmutableArray<FileStamp> Stamps)
{
    /// <summary>There is no template.</summary>
    public static TemplateCheck None { get; } = new(null, "there is none", []) { Exists = false };

    /// <summary>There is a template, and it may be cloned.</summary>
    public bool IsRight => Problem is null;

    /// <summary>Something is there, right or not.</summary>
    public bool Exists { get; init; } = true;

    /// <summary>Of all files that a look reads.</summary>
    public static ImmutableArray<FileStamp> StampsOf(TemplateFiles files, VmConfig config) =>
    [
        .. new[] { files.Manifest, files.Current.MemoryFile, files.Current.StateFile, config.QemuPath, config.KernelPath, config.InitramfsPath }
            .Select(FileStamp.Of),
    ];

    /// <summary>Compares a template with what is wanted now. Reads all its files, QEMU, the kernel and the initramfs.</summary>
    /// <param name="files">Where it is.</param>
    /// <param name="config">The VM that it would be made from now.</param>
    public static TemplateCheck Read(TemplateFiles files, VmConfig config)
    {
        var template = files.Current;
        var stamps = StampsOf(files, config);
        TemplateManifest? manifest = null;
        try
        {
            if (!Directory.Exists(template.Directory))
            {
                return new TemplateCheck(null, "there is none", stamps) { Exists = false };
            }

            manifest = TemplateManifest.FromJson(Linux.RegularFile.ReadAll(files.Manifest, Linux.OpenFlags.NoFollow));
            if (manifest.Format != TemplateManifest.CurrentFormat)
            {
                return new TemplateCheck(manifest, $"format is {manifest.Format} and should be {TemplateManifest.CurrentFormat}", stamps);
            }

            List<string> problems = [.. manifest.DifferencesFrom(TemplateFacts.Of(config).With(template))];
            if (!manifest.IsIntact())
            {
                problems.Add("the manifest was changed after it was written");
            }

            return new TemplateCheck(manifest, problems.Count > 0 ? string.Join("; ", problems) : null, stamps);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Text.Json.JsonException or Linux.LinuxException)
        {
            return new TemplateCheck(manifest, $"it cannot be read: {e.Message}", stamps);
        }
    }
}

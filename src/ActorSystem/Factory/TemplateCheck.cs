using System.Collections.Immutable;

namespace KataActors.Runtime.Factory;

/// <summary>The result of a check of the template.</summary>
/// <param name="Manifest">Its manifest; null when none can be read.</param>
/// <param name="Problem">Why it is not usable; null when it is.</param>
/// <param name="Stamps">The stamps of all files read; while they hold, the result is valid.</param>
internal sealed record TemplateCheck(TemplateManifest? Manifest, string? Problem, ImmutableArray<FileStamp> Stamps)
{
    /// <summary>There is no template.</summary>
    public static TemplateCheck None { get; } = new(null, "there is none", []) { Exists = false };

    /// <summary>Whether it may be cloned.</summary>
    public bool IsRight => Problem is null;

    /// <summary>Whether there is a template, usable or not.</summary>
    public bool Exists { get; init; } = true;

    /// <summary>The stamps of all files that a check reads.</summary>
    public static ImmutableArray<FileStamp> StampsOf(TemplateFiles files, VmConfig config) =>
    [
        .. new[] { files.Manifest, files.Current.MemoryFile, files.Current.StateFile, config.QemuPath, config.KernelPath, config.InitramfsPath }
            .Select(FileStamp.Of),
    ];

    /// <summary>Compares a template with the wanted one. Reads all its files, QEMU, the kernel and the initramfs.</summary>
    /// <param name="files">The template's files.</param>
    /// <param name="config">The VM for a template made now.</param>
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

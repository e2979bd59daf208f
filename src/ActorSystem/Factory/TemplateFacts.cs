using System.Security.Cryptography;
using System.Text;
using KataActors.Hypervisor;
using KataActors.Linux;

namespace KataActors.Runtime.Factory;

/// <summary>Reads the facts of a manifest from the files themselves.</summary>
internal static class TemplateFacts
{
    private static readonly Guid s_anyUuid = new("00000000-0000-0000-0000-000000000001");

    /// <summary>The facts of a configuration and its files.</summary>
    public static TemplateManifest Of(VmConfig config) => new()
    {
        Format = TemplateManifest.CurrentFormat,
        QemuVersion = QemuVersion.Of(config.QemuPath),
        QemuDigest = Digest(config.QemuPath),
        Machine = $"{config.Machine.ToString().ToLowerInvariant()} {config.Accelerator.ToString().ToLowerInvariant()}",
        CpuModel = QemuCommandLine.CpuModel(config),
        KernelDigest = Digest(config.KernelPath),
        InitramfsDigest = Digest(config.InitramfsPath),
        CommandLineDigest = CommandLineDigest(config),
        MemoryMib = config.MemoryMib,
        Vcpus = config.VcpuCount,
        MaxVcpus = config.MaxVcpuCount,
    };

    /// <summary>The same facts, with those of a template's files.</summary>
    public static TemplateManifest With(this TemplateManifest facts, VmTemplate template) => facts with
    {
        MemoryChecksum = MemoryChecksum.Of(template.MemoryFile),
        StateChecksum = Digest(template.StateFile),
    };

    private static string Digest(string path)
    {
        using var file = new FileStream(RegularFile.Open(path), FileAccess.Read);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    // Facts that differ from VM to VM are the same on both compared command lines.
    private static string CommandLineDigest(VmConfig config)
    {
        var neutral = config with { HostName = "any", Uuid = s_anyUuid, RunDirectory = "/any", Template = new VmTemplate("/any", TemplateUse.Clone) };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', QemuCommandLine.Build(neutral)))));
    }
}

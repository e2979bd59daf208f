using System.Text.Json.Nodes;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>A template in files, with small files in place of QEMU, kernel, initramfs, memory and state.</summary>
public sealed class TemplateManifestSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TemplateFiles _files;
    private readonly VmConfig _config;

    public TemplateManifestSpecs()
    {
        _files = new TemplateFiles(Path.Combine(_directory.Path, "template"));
        ProgramFile.Write(_directory.File("qemu"), "#!/bin/sh\necho 'QEMU emulator version 7.2.22 (Debian)'\n");
        File.WriteAllText(_directory.File("kernel"), "kernel");
        File.WriteAllText(_directory.File("initramfs"), "initramfs");
        _config = new VmConfig
        {
            HostName = "h",
            Uuid = Guid.NewGuid(),
            RunDirectory = "/run/h",
            QemuPath = _directory.File("qemu"),
            KernelPath = _directory.File("kernel"),
            InitramfsPath = _directory.File("initramfs"),
            Accelerator = Accelerator.Tcg,
        };
        Make();
    }

    public static TheoryData<string> Fields =>
        [.. JsonNode.Parse(new TemplateManifest().ToJson())!.AsObject().Select(member => member.Key)];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Should_be_right_when_nothing_has_changed()
    {
        var check = TemplateCheck.Read(_files, _config with { HostName = "other", Uuid = Guid.NewGuid(), RunDirectory = "/run/other" });

        Assert.Null(check.Problem);
        Assert.Equal("7.2.22 (Debian)", check.Manifest!.QemuVersion);
        Assert.NotEmpty(check.Stamps);
        Assert.All(check.Stamps, stamp => Assert.True(stamp.StillHolds()));
    }

    // The facts that a manifest must record.
    [Fact]
    public void Should_record_format_versions_digests_sizes_and_time() => Assert.Equal(
        [
            "format", "qemuVersion", "qemuDigest", "machine", "cpuModel", "kernelDigest", "initramfsDigest", "commandLineDigest", "memoryMib", "vcpus", "maxVcpus",
            "memoryChecksum", "stateChecksum", "createdAt", "digest",
        ],
        JsonNode.Parse(File.ReadAllBytes(_files.Manifest))!.AsObject().Select(member => member.Key));

    [Theory]
    [MemberData(nameof(Fields))]
    public void Should_be_wrong_when_a_field_is_tampered_with(string field)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(_files.Manifest))!;
        json[field] = json[field]!.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (int)json[field]! + 1
            : field == "createdAt" ? "2001-01-01T00:00:00+00:00" : $"{json[field]}0";
        Overwrite(_files.Manifest, json.ToJsonString());

        Assert.NotNull(TemplateCheck.Read(_files, _config).Problem);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void Should_name_the_field_when_the_digest_was_made_to_fit(string field)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(_files.Manifest))!;
        if (field is "digest" or "createdAt")
        {
            // The time is not compared, and the digest is made to match.
            return;
        }

        json[field] = json[field]!.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (int)json[field]! + 1 : $"{json[field]}0";
        Overwrite(_files.Manifest, System.Text.Encoding.UTF8.GetString(TemplateManifest.FromJson(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString())).Sealed().ToJson()));

        var problem = TemplateCheck.Read(_files, _config).Problem;
        Assert.Contains(" and should be ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(';', problem!);
        Assert.DoesNotContain("changed after", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory", "memory checksum")]
    [InlineData("state", "state checksum")]
    public void Should_name_a_file_that_is_damaged(string file, string named)
    {
        Overwrite(Path.Combine(_files.Current.Directory, file), "damaged");

        Assert.Contains(named, TemplateCheck.Read(_files, _config).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qemu", "#!/bin/sh\necho 'QEMU emulator version 8.0.0'\n", "qemu version is \"7.2.22 (Debian)\" and should be \"8.0.0\"")]
    [InlineData("kernel", "newer", "kernel digest")]
    [InlineData("initramfs", "newer", "initramfs digest")]
    public void Should_name_what_was_upgraded(string file, string content, string named)
    {
        ProgramFile.Write(_directory.File(file), content);

        Assert.Contains(named, TemplateCheck.Read(_files, _config).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_name_what_is_configured_otherwise()
    {
        var problem = TemplateCheck.Read(_files, _config with { MemoryMib = 512, KernelParameters = ["x"], CpuModel = "qemu64", Machine = MachineType.Pc, MaxVcpuCount = 3 }).Problem;

        foreach (var named in new[] { "memory in MiB is \"256\" and should be \"512\"", "cpu model is", "machine is \"q35 tcg\" and should be \"pc tcg\"", "command line digest", "maximum vcpus" })
        {
            Assert.Contains(named, problem, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"unknown\":1}")]
    public void Should_say_that_it_cannot_be_read_when_the_manifest_is_none(string content)
    {
        Overwrite(_files.Manifest, content);

        Assert.StartsWith("it cannot be read: ", TemplateCheck.Read(_files, _config).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_say_that_there_is_none_when_it_was_removed()
    {
        Assert.True(_files.Remove());

        Assert.Equal(("there is none", false), (TemplateCheck.Read(_files, _config).Problem, TemplateCheck.Read(_files, _config).Exists));
        Assert.False(_files.Remove());
    }

    [Fact]
    public void Should_leave_the_template_before_in_place_when_a_new_one_is_abandoned()
    {
        var uuid = Guid.NewGuid();
        File.WriteAllText(_files.BeginMaking(uuid).MemoryFile, "half");
        Assert.Equal([uuid], _files.Unfinished());

        FolderTree.Remove(_files.Making(uuid).Directory);

        Assert.Empty(_files.Unfinished());
        Assert.Null(TemplateCheck.Read(_files, _config).Problem);
    }

    [Fact]
    public void Should_tell_by_its_stamp_that_a_file_was_changed()
    {
        var stamps = TemplateCheck.Read(_files, _config).Stamps;
        Overwrite(_files.Current.StateFile, "other");

        Assert.Contains(stamps, stamp => !stamp.StillHolds());
    }

    private void Make()
    {
        var uuid = Guid.NewGuid();
        var making = _files.BeginMaking(uuid);
        File.WriteAllText(making.MemoryFile, "memory");
        File.WriteAllText(making.StateFile, "state");
        var manifest = TemplateFacts.Of(_config).With(making) with { CreatedAt = DateTimeOffset.UtcNow };
        File.WriteAllBytes(TemplateFiles.ManifestIn(making.Directory), manifest.Sealed().ToJson());
        _files.Commit(uuid);
    }

    private static void Overwrite(string path, string content)
    {
        File.Delete(path);
        File.WriteAllText(path, content);
    }
}

using KataActors.Agent.Containers;
using KataActors.Linux;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Tests;

/// <summary>The agent's program as a zygote, on the host.</summary>
public sealed class ExecNurserySpecs : IDisposable
{
    private const string Name = "agent-of-nursery";

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Should_leave_no_process_that_was_born_after_the_deadline()
    {
        // A comm of proc(5) that is no other process's.
        var agent = _folder.File(Name);
        File.Copy(BuiltAgent(), agent);
        var slow = _folder.Write("slow", $"#!/bin/sh\nsleep 3\nexec {agent} \"$@\"\n");
        File.SetUnixFileMode(slow, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var (reportRead, reportWrite) = Descriptors.Pipe();
        using var nothing = Descriptors.Open("/dev/null", OpenFlags.ReadWrite);
        using var own = Descriptors.Open("/proc/self/ns/uts", OpenFlags.ReadOnly);

        using (reportWrite)
        {
            SafeFileHandle[] descriptors = [.. Enumerable.Repeat(nothing, Setup.SetupChannel.ReportDescriptor), reportWrite, nothing];
            var nursery = new ExecNursery(slow, TimeSpan.FromSeconds(2));
            var failure = await Assert.ThrowsAsync<IOException>(() => nursery.BearAsync(descriptors, [NamespaceEntry.Enter(own, NamespaceKinds.Uts)]));
            Assert.Equal("the process was not born within 2 s", failure.Message);
        }

        using (reportRead)
        {
            // Its end, whether it was born or killed before.
            var report = new byte[16];
            while (await Task.Run(() => Descriptors.TryRead(reportRead, report)) > 0)
            {
            }
        }

        await Eventually.HoldsAsync(() => !ProcessFiles.List().Any(IsOfTest));
    }

    // A zombie has its comm, too.
    private static bool IsOfTest(int pid) =>
        ProcessFiles.TryRead(pid, "comm") is { } comm && System.Text.Encoding.UTF8.GetString(comm).StartsWith(Name[..15], StringComparison.Ordinal);

    private static string BuiltAgent()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var agent = Path.Combine(folder, "artifacts/publish/agent/kata-actors-agent");
            if (File.Exists(agent))
            {
                return agent;
            }
        }

        throw new FileNotFoundException("no built agent; run make build first");
    }
}

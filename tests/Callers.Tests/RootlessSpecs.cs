namespace KataActors.Callers.Tests;

public sealed class RootlessSpecs
{
    [Fact]
    public async Task Should_explain_when_the_caller_is_not_root()
    {
        var folder = Directory.CreateTempSubdirectory("ka-rootless-").FullName;
        try
        {
            // A copy, because the checkout may be closed to other users.
            File.SetUnixFileMode(folder, (UnixFileMode)0x1ff);
            var program = Path.Combine(folder, "kata-actors");
            File.Copy(Installation.CommandLine, program);
            using var create = RunningProgram.Start(
                new Dictionary<string, string>(),
                "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--address", $"{folder}/run/daemon.sock", "create", "--bundle", folder, "rootless");

            var result = (await create.FinishAsync()).MustExit(1);

            Assert.Contains("rootless use is not supported", result.Errors, StringComparison.Ordinal);
            Assert.Equal([program], Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

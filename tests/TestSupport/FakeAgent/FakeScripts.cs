namespace KataActors.TestSupport;

/// <summary>The scripts of a fake container's process after its start.</summary>
public static class FakeScripts
{
    /// <summary>Writes to stdout and exits.</summary>
    public static Func<FakeProcess, Task> Print(byte[] output, int exitCode = 0) => process =>
    {
        process.WriteStdout(output);
        process.Exit(exitCode);
        return Task.CompletedTask;
    };

    /// <summary>Runs until a signal comes, and dies of it.</summary>
    public static Func<FakeProcess, Task> UntilSignalled { get; } = async process =>
        process.Exit(128 + (int)await process.Signals.ReadAsync());

    /// <summary>Copies stdin to stdout, and exits with 0 when stdin is closed.</summary>
    public static Func<FakeProcess, Task> Cat { get; } = async process =>
    {
        await foreach (byte[] bytes in process.Input.ReadAllAsync())
        {
            process.WriteStdout(bytes);
        }

        process.Exit(0);
    };

    /// <summary>Fails to start, as a missing executable does.</summary>
    public static Func<FakeProcess, Task> NotFound(string executable) => _ =>
        throw new Protocol.Ttrpc.TtrpcException(
            Protocol.Ttrpc.StatusCode.NotFound, $"exec \"{executable}\": no such file or directory");
}

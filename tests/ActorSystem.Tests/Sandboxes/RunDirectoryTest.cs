using KataActors.TestSupport;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Sandboxes whose run directories may be written.</summary>
public abstract class RunDirectoryTest : SandboxTest
{
    private readonly TemporaryDirectory _directory = new();

    private protected override string RunDirectory => _directory.Path;

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }
}

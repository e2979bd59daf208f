using System.Runtime.InteropServices;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>A command of the real binary at a terminal of its own.</summary>
internal sealed class CommandAtTerminal(CliFixture fixture, params string[] arguments)
    : ProgramAtTerminal([fixture.Program, "--address", fixture.Address, .. arguments])
{
    public CommandAtTerminal Begin(SafeHandle? stdin = null)
    {
        Start(stdin);
        return this;
    }

    /// <summary>Waits for its end, after which the terminal must have its former settings.</summary>
    public async Task<int> EndAsync()
    {
        var code = await WaitAsync();
        Assert.True(HasFormerSettings);
        return code;
    }
}

namespace KataActors.Cli.StandIn;

/// <summary>The threads of a stand-in: few, small, and gone with the process.</summary>
internal static class StandInThread
{
    private const int StackBytes = 256 * 1024;

    public static Thread Start(string name, Action work)
    {
        var thread = new Thread(() => work(), StackBytes) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }
}

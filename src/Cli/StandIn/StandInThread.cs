namespace KataActors.Cli.StandIn;

/// <summary>The threads of a stand-in: few, small, and gone with the process.</summary>
internal static class StandInThread
{
    private const int StackBytes = 256 * 1024;

    public static void Start(string name, Action work) => new Thread(() => work(), StackBytes) { IsBackground = true, Name = name }.Start();
}

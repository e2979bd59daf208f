namespace KataActors.Runtime.Hosting;

/// <summary>What the command line asks to print.</summary>
public enum DaemonAnswer
{
    None,
    Help,
    Version,
}

namespace KataActors.Runtime.Hosting;

/// <summary>An output requested by the command line.</summary>
public enum DaemonAnswer
{
    None,
    Help,
    Version,
}

namespace KataActors.Runtime.Hosting;

/// <summary>An output requested by the command line.</summary>
public enum DaemonAnswer
{
    None,
    Help,
    Version,

    /// <summary>What this host lacks to run containers.</summary>
    Check,

    /// <summary>The configuration in effect, and this host.</summary>
    Environment,
}

/// <summary>The form of such an output.</summary>
public enum AnswerFormat
{
    /// <summary>For people; of a check only what is not as it should be.</summary>
    Text,

    /// <summary>For people, everything.</summary>
    Verbose,

    /// <summary>For programs.</summary>
    Json,
}

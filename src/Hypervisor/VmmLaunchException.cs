namespace KataActors.Hypervisor;

/// <summary>A VMM that could not be started; nothing of it is left.</summary>
/// <param name="code">The class of the failure.</param>
/// <param name="message">A sentence for the user.</param>
/// <param name="cause">The underlying failure.</param>
public sealed class VmmLaunchException(FailureCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why.</summary>
    public Failure Failure { get; } = new(code, message);
}

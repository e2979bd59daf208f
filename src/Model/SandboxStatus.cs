namespace KataActors.Model;

/// <summary>Sandbox states.</summary>
public enum SandboxStatus
{
    Creating,
    Ready,
    Running,
    Paused,
    Stopped,
}

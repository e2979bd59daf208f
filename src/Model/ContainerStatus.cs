namespace KataActors.Model;

/// <summary>OCI container states (runtime spec, "State").</summary>
public enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}

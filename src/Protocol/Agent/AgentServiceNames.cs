namespace KataActors.Protocol.Agent;

/// <summary>Names of the agent's services and methods on the wire, as in agent.proto and health.proto.</summary>
public static class AgentServiceNames
{
    /// <summary>The service that runs containers.</summary>
    public const string Agent = "grpc.AgentService";

    /// <summary>The service that tells whether the agent serves.</summary>
    public const string Health = "grpc.Health";

    public const string CreateContainer = "CreateContainer";
    public const string StartContainer = "StartContainer";
    public const string RemoveContainer = "RemoveContainer";
    public const string ExecProcess = "ExecProcess";
    public const string RemoveProcess = "RemoveProcess";
    public const string UpdateContainer = "UpdateContainer";
    public const string StatsContainer = "StatsContainer";
    public const string PauseContainer = "PauseContainer";
    public const string ResumeContainer = "ResumeContainer";
    public const string ListProcesses = "ListProcesses";
    public const string SignalProcess = "SignalProcess";
    public const string WaitProcess = "WaitProcess";
    public const string WriteStdin = "WriteStdin";
    public const string ReadStdout = "ReadStdout";
    public const string ReadStderr = "ReadStderr";
    public const string CloseStdin = "CloseStdin";
    public const string TtyWinResize = "TtyWinResize";
    public const string UpdateInterface = "UpdateInterface";
    public const string UpdateRoutes = "UpdateRoutes";
    public const string AddARPNeighbors = "AddARPNeighbors";
    public const string CreateSandbox = "CreateSandbox";
    public const string DestroySandbox = "DestroySandbox";
    public const string OnlineCPUMem = "OnlineCPUMem";
    public const string GetGuestDetails = "GetGuestDetails";
    public const string ReseedRandomDev = "ReseedRandomDev";
    public const string SetGuestDateTime = "SetGuestDateTime";

    /// <summary>Methods of <see cref="Health"/>.</summary>
    public const string Check = "Check";

    /// <inheritdoc cref="Check"/>
    public const string Version = "Version";
}

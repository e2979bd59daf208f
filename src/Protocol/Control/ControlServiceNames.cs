namespace KataActors.Protocol.Control;

/// <summary>Names of the control service and its methods on the wire, as in control.proto.</summary>
public static class ControlServiceNames
{
    /// <summary>The service itself.</summary>
    public const string Control = "kataactors.v1.Control";

    public const string Create = "Create";
    public const string FinishCreate = "FinishCreate";
    public const string Start = "Start";
    public const string State = "State";
    public const string List = "List";
    public const string Kill = "Kill";
    public const string Delete = "Delete";
    public const string Update = "Update";
    public const string Exec = "Exec";
    public const string Pause = "Pause";
    public const string Resume = "Resume";
    public const string Processes = "Processes";
    public const string Stats = "Stats";
    public const string ReadOutput = "ReadOutput";
    public const string WriteInput = "WriteInput";
    public const string CloseInput = "CloseInput";
    public const string ResizeTerminal = "ResizeTerminal";
    public const string Wait = "Wait";
    public const string Version = "Version";
    public const string ListSandboxes = "ListSandboxes";
    public const string InspectSandbox = "InspectSandbox";
    public const string InitFactory = "InitFactory";
    public const string FactoryStatus = "FactoryStatus";
    public const string DestroyFactory = "DestroyFactory";
}

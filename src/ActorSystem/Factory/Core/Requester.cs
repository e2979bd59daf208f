namespace KataActors.Runtime.Factory.Core;

/// <summary>The sender of a message, to whom replies go. The core compares and keeps it; only the shell knows its address.</summary>
internal abstract record Requester;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The sender of a message, for its reply. The core compares and keeps it; only the shell knows the address.</summary>
internal abstract record Requester;

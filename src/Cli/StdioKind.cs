namespace KataActors.Cli;

/// <summary>What a stand-in has as stdin, stdout and stderr.</summary>
internal enum StdioKind
{
    /// <summary>Streams, of which any may be a pipe, a file or a terminal: the process has no terminal.</summary>
    Streams,

    /// <summary>The streams of a command at a terminal. The process has a terminal of its own, and follows the size of the command's.</summary>
    CommandTerminal,

    /// <summary>A terminal that is all the process's: its size, and its hang-up.</summary>
    Console,
}

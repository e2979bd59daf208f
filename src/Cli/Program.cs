using KataActors.Cli;
using KataActors.Linux;

// What the caller left open is not ours to pass on: the stand-in and the daemon live longer than this command.
DescriptorHygiene.MarkInheritedCloseOnExec();
DescriptorHygiene.FillStandardNumbers();
return CommandLine.Run(args);
